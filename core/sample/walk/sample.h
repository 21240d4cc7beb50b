/* sample.h -- one observation of a thread, on its way from the signal handler
 * to the collector.
 */
#ifndef SAMPLE_WALK_SAMPLE_H
#define SAMPLE_WALK_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct lua_State;

enum {
    SAMPLE_MAX_NATIVE = 128, /* native frames kept, from the leaf */
    SAMPLE_MAX_LUA = 128,    /* Lua frames, from the leaf */
    SAMPLE_MAX_NOTED = 3,    /* innermost Lua frames seen by the handler */
};

/* One level of a Lua stack. `function` is an id of the thread's function table
 * (vm_functions.h); `line` the current line, -1 where there is none. */
struct vm_frame {
    uint32_t function;
    int32_t line;
};

enum sample_flag {
    SAMPLE_IN_LUA = 1 << 0,      /* a Lua state was active */
    SAMPLE_FINALIZER = 1 << 1,   /* inside a finalizer that collection called */
    SAMPLE_LUA_STACK = 1 << 2,   /* lua[] holds the Lua stack */
    SAMPLE_SKIDDED = 1 << 3,     /* its frame was gone at the safe point */
    SAMPLE_TAIL_CALLED = 1 << 4, /* its frame was replaced by a tail call */
    SAMPLE_LUA_TRUNCATED = 1 << 5,
    SAMPLE_NATIVE_TRUNCATED = 1 << 6,
    SAMPLE_ALLOCATION = 1 << 7, /* by Lua's allocator: the core's frames above
                                   the one that wanted memory do not count */
    SAMPLE_PROBE = 1 << 8,      /* asked for (session_probe), not a tick */
    SAMPLE_WALL = 1 << 9,       /* of wall time (wall_timer.h), not a tick */
};

/* What the handler saw of one of the innermost Lua frames. `ci` is the frame's
 * identity (lua_Debug.i_ci), good for comparing only. */
struct noted_frame {
    const void *ci;
    struct vm_frame frame; /* function: FUNCTION_UNKNOWN when not readable */
    bool exact;            /* the line is where it was interrupted */
};

/* The kinds of profile that a session takes. */
enum session_kind {
    SESSION_CPU,   /* CPU time */
    SESSION_WALL,  /* wall time of threads (wall_timer.h) */
    SESSION_PROBE, /* one sample of each thread, now (session_probe) */
};

struct sample {
    int64_t weight_ns; /* thread CPU time since the previous sample, or the
                          wall time that it stands for */
    int64_t request;   /* its number (sampler.h), 0 for none */
    uint32_t labels;   /* id of a label set */
    uint16_t flags;    /* enum sample_flag */
    uint16_t n_native;
    uint16_t n_lua;
    uint16_t n_noted;
    const struct lua_State *L; /* the running coroutine; for comparing only */
    struct noted_frame noted[SAMPLE_MAX_NOTED]; /* innermost first */
    uintptr_t native[SAMPLE_MAX_NATIVE];        /* leaf first; the interrupted
                                                   pc, then return addresses */
    struct vm_frame lua[SAMPLE_MAX_LUA];        /* leaf first */
};

#endif
