/* overrun.h -- ends an iteration of a script that computes past its end.
 *
 * A function that never waits keeps its generator's loop from running, so no
 * timer can end its iteration. Four steps end it:
 *
 *   main thread     sees that the generator's status is not renewed, and sends
 *                   the thread a signal ten times a second  (overrun_check)
 *   signal handler  arms a hook in the virtual user's coroutine when the
 *                   iteration's deadline has passed         (overrun_on_signal)
 *   hook            yields at the next Lua instruction, or raises an error
 *                   where Lua cannot yield                  (overrun_on_hook)
 *   generator       finds that the function came back for this reason, and
 *                   breaks the iteration off                (overrun_take)
 *
 * The hook is not armed all the time, because it would slow down every
 * instruction.
 *
 * Three things cannot be ended: one call of a C function; a coroutine of the
 * script's own that was made before the signal; and code that Lua runs without
 * hooks (finalizers, and `__close` of an iteration that is broken off).
 *
 * Path: load.c -> [overrun] -> vu_script.c
 */
#ifndef LOAD_OVERRUN_H
#define LOAD_OVERRUN_H

#include <stdbool.h>
#include <stdint.h>

struct generator;
struct vu;

/* The part of a generator that this file uses. */
struct overrun {
    int64_t seen_ns;      /* the status's as_of_ns at the last check
                             [main thread] */
    unsigned n_unchanged; /* checks since the status changed [main thread] */
    volatile uint64_t n_resumed; /* resumes of all functions of the
                                    generator; counted by its thread */
    uint64_t seen_resumed;       /* n_resumed at the last signal [signal] */
    unsigned n_same;             /* signals since n_resumed changed [signal] */
    struct vu *taken; /* the virtual user whose function the hook has ended;
                         NULL: none [signal] */
    bool warned;
};

/* Installs the handler of SIGUSR1, once for the process. The handler takes no
 * lock and allocates nothing; it calls clock_gettime, generator_deadline_ns and
 * lua_sethook only. [main thread] */
void overrun_init(void);

/* Sets the generator of the calling thread. Called first on that thread. */
void overrun_enter(struct generator *generator);

/* Sends the generator's thread a signal if its status, which is as of
 * `as_of_ns`, is unchanged for the third check. Called ten times a second.
 * [main thread, while the generator's thread runs] */
void overrun_check(struct generator *generator, int64_t as_of_ns);

/* Returns true if the hook has ended the function of the virtual user, which
 * has just come back. Then the hook is removed and the scenario begins no
 * iteration any more. [generator's thread] */
bool overrun_take(struct vu *vu);

#endif
