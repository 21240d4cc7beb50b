/* thread_state.h -- tells whether a thread of this process runs or sleeps, and
 * where it sleeps.
 *
 * The kernel writes the state of a thread to /proc/thread-self/syscall: the
 * word "running" for a thread that runs or waits for a CPU, otherwise the
 * system call in which the thread sleeps, with its stack pointer and pc. The
 * file belongs to the thread that
 * opened it, and any thread of the process may read it. Where the kernel does
 * not offer this file, /proc/thread-self/stat tells the state.
 *
 * Path: walk/attach.c, walk/sampling_thread.c -> [thread_state]
 */
#ifndef SAMPLE_PLATFORM_THREAD_STATE_H
#define SAMPLE_PLATFORM_THREAD_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* Opens the state of the calling thread, for reads by any thread. The caller
 * ends it with thread_state_close. Returns -1 if the process may open no more
 * files, or if there is no /proc. */
int thread_state_open(void);

/* Closes what thread_state_open returned, which may be -1. */
void thread_state_close(int state);

/* Returns true if the thread runs or waits for a CPU, and also if its state is
 * not known. Takes 1 to 2 us. [another thread, while this one lives] */
bool thread_state_is_running(int state);

/* The registers of a thread that sleeps. */
struct thread_place {
    uintptr_t sp, pc;
};

/* Returns true and sets `place` if the thread sleeps. Returns false if it runs,
 * waits for a CPU, or if the kernel does not tell its place. [another thread,
 * while this one lives] */
bool thread_state_sleeps(int state, struct thread_place *place);

#endif
