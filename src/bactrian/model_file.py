def write(path, arrays, header): raise NotImplementedError
def write_whole(path, content): raise NotImplementedError
def read(path): raise NotImplementedError
