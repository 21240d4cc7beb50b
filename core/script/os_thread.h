/* os_thread.h -- the threads that scripts spawn.
 *
 * Each thread has a Lua state, an event loop and a scheduler of its own, and
 * runs one function in a task, which may wait as a handler may. The thread ends
 * with the function, or when the scheduler that spawned it is closed: the
 * function's wait is then aborted. A function that computes ends at its next
 * wait.
 *
 * Path: modules/module_thread.c -> [os_thread] -> state.c, scheduler.c
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

/* Starts a thread that belongs to `owner`. `work` is a table in the form of
 * value.h: `code`, a function as string.dump writes it; `path` and `cpath` of
 * `package`; and the arguments from 1 to `n`. Its bytes are moved to the
 * thread. `modules` are the modules that the function can require, as in
 * script_state_new. Returns false and sets err if OS_THREADS_MAX threads run or
 * the system refuses another one. [any thread] */
bool os_thread_spawn(const struct scheduler *owner,
                     const struct luaL_Reg *modules, struct buf *work,
                     struct err *err);

/* Asks the threads of an owner to end, and returns before they have. [any
 * thread] */
void os_threads_stop(const struct scheduler *owner);

/* Waits until all threads have ended. Returns false if some have not within
 * `timeout_ns`. */
bool os_threads_join(int64_t timeout_ns);

/* The most questions that a thread may have without having answered them. Each
 * keeps memory of its asker, and a thread that computes answers none. */
enum { OS_THREAD_MAX_QUESTIONS = 64 };

/* Asks each thread that has fewer questions than that. `before_each` is called
 * at once, once per thread that is asked. `answer` is called later on that
 * thread, when its function next waits, with its state; or with NULL if the
 * thread ends before. Returns false if a thread was not asked. [any thread] */
typedef void (*os_thread_answer_fn)(void *ctx, struct lua_State *L);
bool os_threads_ask(void (*before_each)(void *ctx), os_thread_answer_fn answer,
                    void *ctx);

#endif
