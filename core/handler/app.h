/* app.h -- one generation of the scripts of a worker: a Lua state, its routes
 * and its scheduler, and the requests that they are answering.
 *
 * A reload makes a new one beside the old one. An app is loaded on any
 * thread, belongs to its worker's while it serves, and is freed on any thread
 * again: loading and freeing may take long.
 *
 * Path: worker.c -> [app] -> routes.c, scheduler.c -> reply.c
 */
#ifndef HANDLER_APP_H
#define HANDLER_APP_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct app;
struct mailbox;
struct network;
struct traffic;
struct request;
struct route_traffic;
struct vm_heap;

struct app_options {
    const char *dir; /* of routes.lua */
    int worker;      /* its number */
    bool dev;        /* show tracebacks to clients */
};

/* Load DIR/routes.lua. NULL and err, with file and line where there is one.
 * [any thread] */
struct app *app_load(const struct app_options *options, struct err *err);

/* Before app_stop [any thread], or after it. */
void app_free(struct app *app);

/* The memory of its state. [any thread] */
const struct vm_heap *app_heap(const struct app *app);

/* Where it serves. */
struct app_env {
    uv_loop_t *loop;
    struct mailbox *mailbox; /* of the loop */
    struct network *network;
    struct traffic *traffic;
    bool logs_access;    /* access_log.h */
    bool trusts_baggage; /* baggage.h */
};

/* `env` is copied. All below: [worker]. */
bool app_start(struct app *app, const struct app_env *env, struct err *err);

/* Answer the request, now or later. */
void app_answer(struct app *app, struct request *request);

/* The request, of app_answer, is over, answered or not. Returns the counters
 * of its route; NULL where it has none. */
struct route_traffic *app_end(struct request *request, const char *worker);

/* Cancels the timers of scripts, because the app gets no more requests. */
void app_stop_timers(struct app *app);

/* Is it at no request, and at nothing that its scripts have spawned? After
 * app_stop_timers. */
bool app_is_idle(const struct app *app);

/* Returns the app's Lua state. */
struct lua_State *app_state(const struct app *app);

/* Collect all garbage of its state. */
void app_collect(struct app *app);

/* Answer what still waits with 503, and start nothing any more. The loop must
 * run once more, after app_free perhaps. */
void app_stop(struct app *app);

#endif
