// The same bits for any number of threads, from several callers at once, and in a forked child.
#include <thread>

#include "check.hpp"
#include "pool.hpp"
#include "problem_case.hpp"

// gcc's thread sanitizer knows no threads in a child of a process with threads ("dup thread with used id"), nor does
// QEMU when it runs a program of another machine.
#if !defined(_WIN32) && !defined(__SANITIZE_THREAD__) && !defined(BACTRIAN_EMULATED)
#define BACTRIAN_TEST_FORK
#endif
#ifdef BACTRIAN_TEST_FORK
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace bactrian;

namespace {

constexpr std::ptrdiff_t kRows = 2801, kComponents = 8;  // enough work for threads to be woken

// Runs before anything else has asked.
void variants_can_be_asked_for_by_many_at_once() {
    const Variant* best[4] = {};
    std::vector<std::thread> callers;
    for (const Variant*& mine : best) callers.emplace_back([&mine] { mine = available_variants()[0]; });
    for (auto& caller : callers) caller.join();
    for (const Variant* one : best) CHECK(one && one == best[0], "two callers got different variants");
}

void any_number_of_threads(const Case& c, const Variant* v, bool single) {
    for (const Scatter scatter : kScatters) {
        const Layout layout{scatter, c.K, c.D};
        const auto alone = accumulate(c.pass(single, single, v, 1), nullptr, layout);
        for (const int threads : {2, 3, 8})
            CHECK(accumulate(c.pass(single, single, v, threads), nullptr, layout) == alone,
                  "%s, %s tied=%d D=%td scatter=%d, %d threads", v->name, name_of(c.form), c.tied, c.D, int(scatter),
                  threads);
    }
    std::vector<double> alone(c.N * c.K), together(c.N * c.K);
    score(c.pass(single, single, v, 1), {nullptr, nullptr, alone.data(), nullptr});
    score(c.pass(single, single, v, 3), {nullptr, nullptr, together.data(), nullptr});
    CHECK(alone == together, "%s, %s tied=%d D=%td: scores", v->name, name_of(c.form), c.tied, c.D);
}

void given_by_any_number_of_threads(const Case& c, const Variant* v) {
    const Layout layout{Scatter::full, c.K, c.D};
    for (const Given& given : {Given{c.labels.data(), nullptr}, Given{nullptr, c.z.data()}}) {
        const auto alone = accumulate(c.pass(false, false, v, 1), &given, layout);
        for (const int threads : {2, 3, 8})
            CHECK(accumulate(c.pass(false, false, v, threads), &given, layout) == alone, "%s, D=%td, %d threads", v->name,
                  c.D, threads);
    }
}

void several_callers_at_once(const Case& c) {
    const Layout layout{Scatter::full, c.K, c.D};
    const Variant* v = available_variants()[0];
    const auto expected = accumulate(c.pass(false, false, v, 1), nullptr, layout);
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; ++t)
        callers.emplace_back([&, t] {
            for (int i = 0; i < 10; ++i)
                CHECK(accumulate(c.pass(false, false, v, 2 + t), nullptr, layout) == expected, "caller %d, call %d", t, i);
        });
    for (auto& caller : callers) caller.join();
}

void bodies_have_ended_when_the_call_returns() {
    for (int round = 0; round < 200; ++round) {
        const int n = 1 + round % 6;
        std::vector<int> calls(n, 0);
        std::atomic<int> running{0};
        in_parallel(n, [&](int i) {
            ++running;
            CHECK(i >= 0 && i < n, "index %d of %d", i, n);
            ++calls[i];
            --running;
        });
        CHECK(running == 0 && calls[0] == 1, "n=%d: %d still running, the caller worked %d times", n, running.load(), calls[0]);
        for (const int count : calls) CHECK(count <= 1, "n=%d: an index was given %d times", n, count);
    }
    CHECK(hardware_threads() >= 1, "%d", hardware_threads());
}

#ifdef BACTRIAN_TEST_FORK
// The child of a fork has none of its parent's threads, and finds its mutexes in any state.
void a_forked_child_computes_the_same(const Case& c, bool while_the_pool_works) {
    const Layout layout{Scatter::full, c.K, c.D};
    const Pass pass = c.pass(false, false, available_variants()[0], 3);
    const auto expected = accumulate(pass, nullptr, layout);
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        while (while_the_pool_works && !stop) accumulate(pass, nullptr, layout);
    });
    for (int i = 0; i < (while_the_pool_works ? 10 : 2); ++i) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(20);  // a child that hangs is a child that failed
            _exit(accumulate(pass, nullptr, layout) == expected ? 0 : 1);
        }
        int status = -1;
        waitpid(child, &status, 0);
        CHECK(status == 0, "child %d ended with status %d", i, status);
        CHECK(accumulate(pass, nullptr, layout) == expected, "the parent after child %d", i);
    }
    stop = true;
    busy.join();
}
#endif

}  // namespace

int main() {
    variants_can_be_asked_for_by_many_at_once();
    bodies_have_ended_when_the_call_returns();
    for (const std::ptrdiff_t D : {1, 3, 9, 33}) {
        for (const Form form : kForms)
            for (const bool tied : {false, true})
                for (const double spread : {0.5, 60.0}) {
                    if (spread > 1 && !(form == Form::full && tied)) continue;
                    if (D > 9 && form == Form::spherical) continue;
                    const Case c(form, tied, kRows, D, kComponents, spread);
                    for_each_variant([&](const Variant* v) {
                        any_number_of_threads(c, v, false);
                        if (D < 9) any_number_of_threads(c, v, true);
                    });
                }
        const Case c(Form::spherical, true, kRows, D, kComponents, 1.0);
        for_each_variant([&](const Variant* v) { given_by_any_number_of_threads(c, v); });
    }
    const Case c(Form::full, false, kRows, 3, kComponents, 1.0);
    several_callers_at_once(c);
#ifdef BACTRIAN_TEST_FORK
    a_forked_child_computes_the_same(c, false);
    a_forked_child_computes_the_same(c, true);
#endif
    return report("threads");
}
