/* overrun.h -- ends an iteration of a script that computes past its end.
 *
 * A function that never waits holds its generator's loop, so that no timer of
 * it fires. The main thread sees that the loop stands still and sends the
 * thread signals. When it is time to end, their handler arms a hook in the
 * virtual user's coroutine: it comes at the next instruction, where Lua can
 * yield, or fail. A hook that were always there would slow every instruction
 * down.
 *
 * What it cannot end is one call of a C function, a coroutine of the script's
 * own that was made before the signal, and what Lua runs without hooks:
 * finalizers, and `__close` of what is broken off.
 *
 * Path: load.c -> [overrun] -> vu_script.c
 */
#ifndef LOAD_OVERRUN_H
#define LOAD_OVERRUN_H

#include <stdbool.h>
#include <stdint.h>

struct generator;
struct vu;

/* Of a generator. */
struct overrun {
    int64_t seen_ns;      /* its status, when last looked at [main thread] */
    unsigned n_unchanged; /* so many looks ago */
    volatile uint64_t n_resumed; /* so often a function began or went on */
    uint64_t seen_resumed;       /* [signal] */
    unsigned n_same;             /* so many signals ago */
    struct vu *taken;            /* whose function was broken off, or NULL */
    bool warned;
};

/* Handle the signal, once for the process. [the main thread] */
void overrun_init(void);

/* The calling thread is the generator's: before anything else there. */
void overrun_enter(struct generator *generator);

/* See whether its loop stands still: its status is as of then. Ten times a
 * second. [the main thread, while the generator's runs] */
void overrun_look(struct generator *generator, int64_t as_of_ns);

/* Its function has come back: was it our doing? The hook is gone then, and its
 * scenario begins no iteration any more. [the generator's thread] */
bool overrun_take(struct vu *vu);

#endif
