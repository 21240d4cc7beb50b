/* access_log.h -- writes a line to the log for each request that a worker ends:
 * event=request.
 *
 * A record exists only if `--access-log` is given. It collects the CPU time and
 * the Lua memory of the handler and the size of the reply, and is written when
 * the request is over. All functions are called on the worker's thread.
 *
 * Path: exchange.c -> [access_log] -> base/log.c
 */
#ifndef HANDLER_ACCESS_LOG_H
#define HANDLER_ACCESS_LOG_H

#include <stdint.h>

#include "http/request_id.h"
#include "script/scheduler.h"

struct request;

/* Facts that are collected until the request is over. */
struct access_record {
    char id[REQUEST_ID_MAX + 1];
    char remote[64];         /* address of the client, "" if unknown */
    struct task_usage usage; /* of the handler and of its stream */
    uint64_t n_body_bytes;   /* of the reply */
};

/* Begins a record with the request's id and its client's address. Returns NULL
 * if out of memory. The caller frees it. */
struct access_record *access_log_begin(const struct request *request);

/* Writes the line of a request that is over. `route` is the pattern of its
 * route, or "" if it has none. */
void access_log_end(const struct access_record *record,
                    const struct request *request, const char *route,
                    const char *worker);

#endif
