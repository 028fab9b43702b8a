// A part of the binding: Python's lock is given up for long work, and taken again while the interpreter is still there.
//
// A thread that asks for the lock when the interpreter has ended is ended itself (before Python 3.14), which C++ cannot
// stand: the process is aborted. So before the interpreter ends, all work is ended, and its threads rest.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace pellucid {

inline std::atomic<bool> python_ends{false};
// Threads that have given up the lock. Static: a module is never unloaded.
inline std::atomic<int> threads_outside{0};

// For a thread whose interpreter ends: it rests, without the lock, until the process has ended.
[[noreturn]] inline void rest() {
    PyEval_SaveThread();
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

// After work that was interrupted: by a signal, whose handler has raised, or because Python ends.
[[noreturn]] inline void throw_interruption() {
    if (!PyErr_Occurred()) rest();
    throw nanobind::python_error();
}

// Other Python threads run while it lives.
class Unlocked {
public:
    Unlocked() {
        if (python_ends) rest();
        ++threads_outside;
        state_ = PyEval_SaveThread();
    }
    ~Unlocked() {
        PyEval_RestoreThread(state_);
        --threads_outside;
    }
    Unlocked(const Unlocked&) = delete;
    Unlocked& operator=(const Unlocked&) = delete;

private:
    PyThreadState* state_;
};

// Called by Python before it ends, with its lock.
inline void end_all_work() {
    python_ends = true;
    const nanobind::gil_scoped_release others_come_back;
    // Only a thread that holds the lock changes the number, and this one is to be seen.
    while (threads_outside > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// Has Python call it, and forget in a child process the threads that stayed in its parent.
inline void end_work_before_python() {
    nanobind::module_::import_("atexit").attr("register")(nanobind::cpp_function(&end_all_work));
    const nanobind::object os = nanobind::module_::import_("os");
    if (!nanobind::hasattr(os, "register_at_fork")) return;
    const auto forget = nanobind::cpp_function([] { threads_outside = 0; });
    os.attr("register_at_fork")(nanobind::arg("after_in_child") = forget);
}

}  // namespace pellucid
