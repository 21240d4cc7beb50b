/* thread_create.h -- counts the threads that the process makes, by the stack
 * that made them, for the profile `threadcreate`, and has them watched.
 *
 * thread_create.c defines pthread_create in front of the C library's, so the
 * calls of the program and of all shared libraries come through it. The C
 * library's own threads, such as those of getaddrinfo_a, do not.
 *
 * Path: [thread_create] -> current_stack.c -> tally.c -> tally_profile.c
 */
#ifndef SAMPLE_HOOKS_THREAD_CREATE_H
#define SAMPLE_HOOKS_THREAD_CREATE_H

#include "sample/tables/tally.h"

/* One event for each thread that pthread_create has made since the process
 * started, at the stack that called it. The weight is always 0. */
extern struct tally thread_create_tally;

/* From now on each new thread of the process is watched from its begin to its
 * end (walk/attach.h), whoever makes it. Called once, by sampler_init, after
 * the profiler's own threads are made. */
void thread_create_watch(void);

#endif
