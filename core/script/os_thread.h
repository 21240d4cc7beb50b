/* os_thread.h -- threads that scripts spawn. Each has a Lua state, an event
 * loop and a scheduler of its own, and runs one function in a task, which may
 * wait as a handler may.
 *
 * It ends with that function, or when the scheduler that spawned it is closed:
 * the function's wait is then given up. One that computes ends at its next
 * wait.
 *
 * Path: module_thread.c -> [os_thread] -> state.c, scheduler.c
 */
#ifndef SCRIPT_OS_THREAD_H
#define SCRIPT_OS_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct buf;
struct lua_State;
struct luaL_Reg;
struct os_thread;
struct scheduler;

enum { OS_THREADS_MAX = 256 };

/* Start one, owned by `owner`. `work` is a table of value.h, its bytes taken:
 * `code`, a function as lua_dump writes it; `path` and `cpath` of package; the
 * arguments from 1 to `n`. `modules` are what the function can require, as in
 * script_state_new. False and err when there are too many, or the system
 * has no more. [any thread] */
bool os_thread_spawn(const struct scheduler *owner,
                     const struct luaL_Reg *modules, struct buf *work,
                     struct err *err);

/* Ask those of an owner to end. They outlive this. [any thread] */
void os_threads_stop(const struct scheduler *owner);

/* Wait for the end of all. False: some did not end in time. */
bool os_threads_join(int64_t timeout_ns);

/* Questions that a thread may have without having answered them. Each keeps
 * memory of its asker, and a thread that computes answers none. */
enum { OS_THREAD_MAX_QUESTIONS = 64 };

/* Asks each thread that has not too many questions already: `before_each` is
 * called at once, `answer` later, on the thread, with its state, when it next
 * waits; or with NULL where it ends before. */
typedef void (*os_thread_answer_fn)(void *ctx, struct lua_State *L);
void os_threads_ask(void (*before_each)(void *ctx), os_thread_answer_fn answer,
                    void *ctx);

#endif
