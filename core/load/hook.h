/* hook.h -- the script's setup and teardown: one call each, in a virtual user
 * of its own, number 0, on the first generator. They may send requests and
 * wait, and are no iterations.
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

enum hook_end {
    HOOK_INTERRUPTED, /* by its timeout, or by the end of the test */
    HOOK_FAILED,      /* err tells */
    HOOK_RETURNED,
};

struct hook {
    bool open; /* there is something to call */
    struct scenario scenario;
    struct scenario_run run;
    struct vu vu;
    _Atomic int64_t n_taken;
    enum hook_end end;
    struct err err;
    struct buf result; /* what it returned (script/value.h) */
};

/* Make the generator's hook that calls `function`, if the script has such a
 * one, and open its virtual user. False and err: the script failed. */
bool hook_open(struct hook *hook, struct generator *generator,
               const char *function, int64_t timeout_ns, struct err *err);

/* Close its handles; the memory must stay until the loop has run; then fini. */
void hook_close(struct hook *hook);
void hook_fini(struct hook *hook);

/* Of vu_script.c: the function has failed, or returned; its `n_results` are on
 * top of the stack of L. */
void hook_fail(struct hook *hook, const struct err *err);
void hook_return(struct hook *hook, struct lua_State *L, int n_results);

#endif
