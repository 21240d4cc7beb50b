#include "sample/tables/frames.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/index.h"
#include "sample/platform/quiet.h"
#include "sample/tables/vm_functions.h"

/* A quiet lock (quiet.h): guards all that follows. No lock is taken while it is
 * held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct frame *frames; /* the frame of id i is frames[i - 1] */
static uint32_t n_frames, n_allocated;
static struct index index_of_frames;
static struct vm_functions *functions; /* of all threads; NULL: none yet */

static bool is_same_frame(const void *ctx, const void *key, uint32_t position)
{
    (void)ctx;
    const struct frame *a = key, *b = &frames[position];
    return a->kind == b->kind && a->line == b->line && a->pc == b->pc;
}

/* [lock] */
static uint32_t append_frame(const struct frame *frame, uint64_t hash)
{
    struct frame *grown =
        array_grow(frames, n_frames, &n_allocated, 1024, sizeof *grown);
    if (!grown)
        return FRAME_FULL;
    frames = grown;
    if (!index_add(&index_of_frames, hash, n_frames))
        return FRAME_FULL;
    frames[n_frames++] = *frame;
    return n_frames;
}

/* Hashes and compares the union as `pc`: its other members are not wider, and
 * the callers clear the rest. [lock] */
static uint32_t find_or_add(const struct frame *frame)
{
    uint64_t words[2] = {frame->pc,
                         (uint64_t)frame->kind << 32 | (uint32_t)frame->line};
    uint64_t hash = index_hash(words, sizeof words, 0);
    uint32_t found =
        index_find(&index_of_frames, hash, is_same_frame, NULL, frame);
    return found != INDEX_NONE ? found + 1 : append_frame(frame, hash);
}

static uint32_t intern_frame(const struct frame *frame)
{
    quiet_lock(&lock);
    uint32_t id = find_or_add(frame);
    quiet_unlock(&lock);
    return id;
}

/* Returns the id of a Lua function, or FUNCTION_FULL if there is no room. */
static uint32_t intern_function(const struct vm_function *function)
{
    uint32_t id = FUNCTION_FULL;
    quiet_lock(&lock);
    if (!functions)
        functions = vm_functions_new();
    if (functions) {
        vm_functions_reserve(functions);
        id = vm_functions_add(functions, function);
    }
    quiet_unlock(&lock);
    return id;
}

uint32_t frames_native(uintptr_t pc)
{
    struct frame frame = {.kind = FRAME_NATIVE, .pc = pc};
    return intern_frame(&frame);
}

uint32_t frames_lua(const struct vm_function *function, int line)
{
    uint32_t id = intern_function(function);
    if (id == FUNCTION_FULL)
        return frames_note("(too many functions)");
    struct frame frame = {.kind = FRAME_LUA, .line = line > 0 ? line : 0};
    frame.pc = id; /* sets `function` and clears the rest of the union */
    return intern_frame(&frame);
}

uint32_t frames_c(lua_CFunction c, int32_t offset)
{
    struct frame frame = {.kind = FRAME_C, .offset = offset, .c = c};
    return intern_frame(&frame);
}

uint32_t frames_note(const char *note)
{
    struct frame frame = {.kind = FRAME_NOTE, .note = note};
    return intern_frame(&frame);
}

struct frame frames_get(uint32_t id)
{
    quiet_lock(&lock);
    struct frame frame = frames[id - 1];
    quiet_unlock(&lock);
    return frame;
}

const struct vm_function *frames_vm_function(uint32_t function)
{
    quiet_lock(&lock);
    const struct vm_function *found = vm_functions_get(functions, function);
    quiet_unlock(&lock);
    return found;
}
