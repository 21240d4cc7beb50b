/* signal_stack.h -- an alternate stack for the signal handler of a thread.
 *
 * The handler needs about 11 KB. A C module may run code on stacks of its own
 * that are smaller, or nearly used up. So each watched thread has an alternate
 * stack, on which the kernel runs the handlers that have SA_ONSTACK:
 *
 *     | guard page | handler <- |                                64 KiB
 *
 * A thread that has an alternate stack already keeps it: a sanitizer's or a C
 * module's. If the stack in use has too little room, the handler takes no
 * sample.
 *
 * Path: attach.c, cpu.c -> [signal_stack]
 */
#ifndef SAMPLE_WALK_SIGNAL_STACK_H
#define SAMPLE_WALK_SIGNAL_STACK_H

#include <stdbool.h>

#include "base/err.h"

/* Gives the calling thread an alternate stack and stores it in *stack, or NULL
 * if the thread has an alternate stack already. Returns false and sets err if
 * memory is short. */
bool signal_stack_new(void **stack, struct err *err);

/* Takes the alternate stack from the calling thread, if it is still `stack`,
 * and frees it. Ignores NULL. A stack that a C module has put in the place of
 * this one is left alone, and so is this one, to which the module may return.
 */
void signal_stack_free(void *stack);

/* Returns true if the handler that was called with this ucontext has enough
 * room for a sample on its stack: an alternate stack with at least 16 KiB left.
 * [signal] */
bool signal_stack_has_room(const void *ucontext);

#endif
