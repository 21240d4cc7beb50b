/* hook.h -- the script's setup and teardown.
 *
 * Each is called once, by a virtual user of its own with the number 0, on
 * generator 0, before and after the scenarios. A hook may send requests and
 * wait, so it runs as a scenario of one iteration, but it counts as no
 * iteration.
 *
 * Path: load.c -> [hook] -> scenario.c -> vu_script.c -> [hook]
 */
#ifndef LOAD_HOOK_H
#define LOAD_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "load/config.h"
#include "load/scenario.h"
#include "load/vu.h"

struct lua_State;

/* The outcome of a hook. */
enum hook_end {
    HOOK_INTERRUPTED, /* by its timeout, or by the end of the test */
    HOOK_FAILED,      /* `err` has the reason */
    HOOK_RETURNED,
};

struct hook {
    bool open; /* the script has this function */
    struct scenario scenario;
    struct scenario_run run;
    struct vu vu;
    _Atomic int64_t n_taken;
    enum hook_end end;
    struct err err;
    struct buf result; /* the value that the function returned, as
                          script/value.h writes it */
};

/* Makes the hook that calls `function` and opens its virtual user. If the
 * script has no such function, returns true and leaves hook->open false.
 * Returns false and sets err if the script fails. [main thread] */
bool hook_open(struct hook *hook, struct generator *generator,
               const char *function, int64_t timeout_ns, struct err *err);

/* Closes the handles of the hook. The memory stays until the caller has run the
 * loop; then the caller calls hook_fini. Both do nothing on a hook that is not
 * open. */
void hook_close(struct hook *hook);
void hook_fini(struct hook *hook);

/* Called by vu_script.c when the function has failed, or has returned with its
 * `n_results` results on top of the stack of L. [generator's thread] */
void hook_fail(struct hook *hook, const struct err *err);
void hook_return(struct hook *hook, struct lua_State *L, int n_results);

#endif
