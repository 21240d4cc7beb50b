/* sample.h -- one observation of a thread, on its way from the signal handler
 * to the collector.
 *
 * A sample lies in a slot of its thread's ring. The handler fills in the
 * weight, the context, the native stack and the identity of the innermost Lua
 * frames; a safe point adds the Lua stack; the collector reads it, stitches the
 * two stacks and adds them to each session of the sample's kind.
 *
 * Path: cpu.c -> [sample] in ring.c -> collector.c -> stitch.c
 */
#ifndef SAMPLE_WALK_SAMPLE_H
#define SAMPLE_WALK_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct lua_State;

enum {
    SAMPLE_MAX_NATIVE = 128, /* native frames kept, of both ends */
    SAMPLE_MAX_LUA = 128,    /* Lua frames kept, of both ends */
    SAMPLE_MAX_NOTED = 3,    /* innermost Lua frames that the handler notes */
    /* Noted frames that are gone, a walk, and the mark of frames left out. */
    SAMPLE_LUA_SLOTS = SAMPLE_MAX_NOTED + SAMPLE_MAX_LUA + 1,
};

/* One level of a Lua stack. */
struct vm_frame {
    uint32_t function; /* an id of the thread's table (vm_functions.h) */
    int32_t line;      /* the line that runs; -1: unknown, or a C function */
};

enum sample_flag {
    SAMPLE_IN_LUA = 1 << 0,        /* a Lua state was active */
    SAMPLE_FINALIZER = 1 << 1,     /* a finalizer ran, called by a collection */
    SAMPLE_LUA_STACK = 1 << 2,     /* lua[] holds the Lua stack */
    SAMPLE_SKIDDED = 1 << 3,       /* its frame was gone at the safe point */
    SAMPLE_TAIL_CALLED = 1 << 4,   /* its frame was replaced by a tail call */
    SAMPLE_LUA_TRUNCATED = 1 << 5, /* Lua frames are left out */
    SAMPLE_NATIVE_TRUNCATED = 1 << 6, /* native frames are missing: those after
                                         n_native_inner */
    SAMPLE_ALLOCATION = 1 << 7, /* taken at a call of Lua's allocator or of a
                                   wait: the native frames above the innermost
                                   Lua or C function are left out */
    SAMPLE_PROBE = 1 << 8,      /* asked for by session_probe */
    SAMPLE_WALL = 1 << 9,       /* of wall time */
};

/* One of the innermost Lua frames, as the handler found it. */
struct noted_frame {
    const void *ci; /* the frame's identity (lua_Debug.i_ci); compared only */
    struct vm_frame frame; /* function: FUNCTION_UNKNOWN if not readable */
    bool is_exact;         /* the line is the one that was interrupted */
};

/* The kinds of samples, and of the sessions that want them. */
enum session_kind {
    SESSION_CPU,   /* CPU time */
    SESSION_WALL,  /* wall time of threads */
    SESSION_PROBE, /* one sample of each thread, now (session_probe) */
};

struct sample {
    int64_t weight_ns; /* the thread's CPU time, or wall time, since its
                          previous sample of this kind; 0 for a probe */
    int64_t taken_ns;  /* of a CPU sample: its clock_mono_ns() */
    int64_t request;   /* the request's number (context.h); 0: no request */
    uint32_t labels;   /* an id of labels.h */
    uint32_t count;    /* 1, or more if the thread slept in one place */
    uint16_t flags;    /* enum sample_flag */
    uint16_t n_native;
    uint16_t n_native_inner; /* of these, up to where frames are missing */
    uint16_t n_lua;
    uint16_t n_noted;
    const struct lua_State *L; /* the running coroutine; compared only */
    struct noted_frame noted[SAMPLE_MAX_NOTED]; /* innermost first */
    uintptr_t native[SAMPLE_MAX_NATIVE]; /* leaf first: the interrupted pc, then
                                            return addresses */
    struct vm_frame lua[SAMPLE_LUA_SLOTS]; /* leaf first */
};

#endif
