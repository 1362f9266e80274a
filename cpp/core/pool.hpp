// A small pool of threads: started at first use, remade after a fork, never in the way of other pools.
#pragma once

#include <functional>

namespace bactrian {

int hardware_threads();

// Runs body(0) .. body(n - 1) at the same time where it can, on the calling thread and the pool's; returns when all
// that began have ended. `body` must get the whole work done however few of the calls happen. If another thread is
// using the pool, the caller works alone.
void in_parallel(int n, const std::function<void(int)>& body);

}  // namespace bactrian
