/* outside.h -- takes the stack of a thread that sleeps, from another thread.
 *
 * A signal would wake the sleeping thread: nanosleep, poll and others then
 * return early, with EINTR. So the sampling thread reads the native stack from
 * the stack pointer and the pc that the kernel tells (thread_state.h), and the
 * Lua stack if Lua is at rest below a C function. Then it reads the thread's
 * CPU clock again. If the clock has not moved, the thread has not run, and what
 * was read is its stack. All reads are guarded against faults, because the
 * thread may wake at any moment.
 *
 * Path: sampling_thread.c -> [outside] -> native_stack.c, vm_stack.c
 */
#ifndef SAMPLE_WALK_OUTSIDE_H
#define SAMPLE_WALK_OUTSIDE_H

#include <stdbool.h>
#include <stdint.h>

struct sample;
struct sampler_thread;
struct vm_functions;

enum outside_result {
    OUTSIDE_TAKEN,
    OUTSIDE_RUNS,  /* the thread runs, or waits for a CPU */
    OUTSIDE_MOVED, /* it woke meanwhile: the sample is not usable */
};

/* The functions in the Lua stacks of such samples. */
extern struct vm_functions *outside_functions;

/* Makes the table. Returns false if out of memory. Called once, at start. */
bool outside_init(void);

/* Fills in the stacks, the labels and the request of the sample, and sets its
 * count to 1, its weight to 0 and its flags to `flags` and what the stacks
 * need. `cpu_ns` is the thread's CPU time, read just before. [sampling_lock, in
 * a quiet stretch] */
enum outside_result outside_take(struct sampler_thread *t, int64_t cpu_ns,
                                 uint16_t flags, struct sample *s);

#endif
