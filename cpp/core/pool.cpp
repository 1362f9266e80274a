#include "pool.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <pthread.h>
#endif

namespace bactrian {
namespace {

class Pool {
public:
    void run(int n, const std::function<void(int)>& body) {
        std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
        if (!turn.owns_lock() || n <= 1) return body(0);
        {
            std::lock_guard<std::mutex> lock(state_);
            while (started_ < n - 1) start_one();
            body_ = &body;
            wanted_ = n - 1;
            taken_ = 0;
        }
        wake_.notify_all();
        body(0);
        // whoever has not begun by now finds nothing left to do and is not waited for
        std::unique_lock<std::mutex> lock(state_);
        body_ = nullptr;
        idle_.wait(lock, [this] { return running_ == 0; });
    }

private:
    void start_one() {
        std::thread([this] { serve(); }).detach();
        ++started_;
    }
    void serve() {
        std::unique_lock<std::mutex> lock(state_);
        for (;;) {
            wake_.wait(lock, [this] { return body_ != nullptr && taken_ < wanted_; });
            const std::function<void(int)>* body = body_;
            const int index = ++taken_;
            ++running_;
            lock.unlock();
            (*body)(index);
            lock.lock();
            if (--running_ == 0) idle_.notify_all();
        }
    }

    std::mutex turn_, state_;
    std::condition_variable wake_, idle_;
    const std::function<void(int)>* body_ = nullptr;
    int wanted_ = 0, taken_ = 0, running_ = 0, started_ = 0;
};

Pool* pool = nullptr;
std::mutex* pool_mutex = new std::mutex;

// A child has none of its parent's threads, and mutexes in an unknown state: it begins anew. Nothing is freed.
void forget_pool() {
    pool = nullptr;
    pool_mutex = new std::mutex;
}

Pool& shared_pool() {
    std::lock_guard<std::mutex> lock(*pool_mutex);
    if (!pool) {
#ifndef _WIN32
        // before there is a pool that a child could inherit
        static const int registered = pthread_atfork(nullptr, nullptr, forget_pool);
        (void)registered;
#endif
        pool = new Pool;  // never destroyed: its threads may outlive static destructors
    }
    return *pool;
}

}  // namespace

int hardware_threads() {
    const unsigned n = std::thread::hardware_concurrency();
    return n ? int(n) : 1;
}

void in_parallel(int n, const std::function<void(int)>& body) {
    if (n <= 1) return body(0);
    shared_pool().run(n, body);
}

}  // namespace bactrian
