/* access_log.h -- a line in the log for each request that a worker ends:
 * event=request.
 *
 * [worker]
 *
 * Path: app.c -> [access_log] -> base/log.c
 */
#ifndef HANDLER_ACCESS_LOG_H
#define HANDLER_ACCESS_LOG_H

#include <stdint.h>

#include "http/request_id.h"
#include "script/scheduler.h"

struct request;

/* What is gathered while a request is under way. */
struct access_record {
    char id[REQUEST_ID_MAX + 1];
    char remote[64];         /* address of the client, "" if it is not known */
    struct task_usage usage; /* of its handler and its stream */
    uint64_t n_body_bytes;   /* of the reply */
};

/* NULL when out of memory. free it. */
struct access_record *access_log_begin(const struct request *request);

/* The request is over. `route` is "" where it has none. */
void access_log_end(const struct access_record *record,
                    const struct request *request, const char *route,
                    const char *worker);

#endif
