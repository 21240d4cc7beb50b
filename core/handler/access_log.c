#include "handler/access_log.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/daemon.h"
#include "handler/traffic.h"

static void read_remote(const struct request *request, char *out, size_t size)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    if (getpeername(info->connect_fd, (struct sockaddr *)&peer, &len) != 0)
        return;
    const void *address =
        peer.ss_family == AF_INET6
            ? (const void *)&((struct sockaddr_in6 *)&peer)->sin6_addr
            : (const void *)&((struct sockaddr_in *)&peer)->sin_addr;
    inet_ntop(peer.ss_family, address, out, (socklen_t)size);
}

struct access_record *access_log_begin(const struct request *request)
{
    struct access_record *record = calloc(1, sizeof *record);
    if (!record)
        return NULL;
    request_id_read(request, record->id);
    read_remote(request, record->remote, sizeof record->remote);
    return record;
}

static double in_ms(int64_t ns) { return (double)ns / 1e6; }

void access_log_end(const struct access_record *record,
                    const struct request *request, const char *route,
                    const char *worker)
{
    bool has_body = strcmp(request->method, MHD_HTTP_METHOD_HEAD) != 0;
    unsigned status =
        request->is_answered ? request->status : TRAFFIC_CLIENT_LEFT;
    log_write(
        LOG_INFO, "request",
        LOG_FIELDS(
            log_text("id", record->id), log_text("method", request->method),
            log_text("path", request->path), log_text("route", route),
            log_integer("status", status),
            log_integer("bytes", has_body ? (int64_t)record->n_body_bytes : 0),
            log_number("ms", in_ms(clock_mono_ns() - request->start_ns)),
            log_number("cpu_ms", in_ms(record->usage.cpu_ns)),
            log_integer("lua_bytes", record->usage.allocated_bytes),
            log_text("worker", worker), log_text("remote", record->remote)));
}
