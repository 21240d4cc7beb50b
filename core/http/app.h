/* app.h -- one generation of the scripts of a worker: a Lua state, its routes
 * and its scheduler, and the requests that they are answering.
 *
 * A reload makes a new one beside the old one. An app is loaded on any
 * thread, belongs to its worker's while it serves, and is freed on any thread
 * again: loading and freeing may take long.
 *
 * Path: worker.c -> [app] -> routes.c, scheduler.c -> reply.c
 */
#ifndef HTTP_APP_H
#define HTTP_APP_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct app;
struct request;

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

/* Serve on this loop; `idle` is called whenever the last request that the app
 * was at has its answer. All below: [worker]. */
bool app_start(struct app *app, uv_loop_t *loop, void (*idle)(void *ctx),
               void *ctx, struct err *err);

/* Answer the request, now or later. */
void app_answer(struct app *app, struct request *request);

/* The request is over, answered or not. */
void app_end(struct request *request);

/* Is it at no request? */
bool app_is_idle(const struct app *app);

/* Collect all garbage of its state. */
void app_collect(struct app *app);

/* Answer what still waits with 503, and start nothing any more. The loop must
 * run once more, after app_free perhaps. */
void app_stop(struct app *app);

#endif
