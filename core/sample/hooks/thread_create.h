/* thread_create.h -- which stacks made threads: pthread_create, ours in front
 * of the C library's, for all that calls it.
 *
 * Path: [thread_create] -> current_stack.c -> tally.c
 */
#ifndef SAMPLE_HOOKS_THREAD_CREATE_H
#define SAMPLE_HOOKS_THREAD_CREATE_H

#include "sample/tables/tally.h"

/* Each thread that was made, once. */
extern struct tally thread_create_tally;

#endif
