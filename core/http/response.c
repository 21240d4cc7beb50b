#include "http/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct MHD_Response *with_type(struct MHD_Response *response,
                                      const char *content_type)
{
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                content_type);
    return response;
}

struct MHD_Response *response_empty(void)
{
    return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

struct MHD_Response *response_copy(const char *bytes, size_t len,
                                   const char *content_type)
{
    return with_type(MHD_create_response_from_buffer(len, (void *)bytes,
                                                     MHD_RESPMEM_MUST_COPY),
                     content_type);
}

struct MHD_Response *response_take(struct buf *body, const char *content_type)
{
    struct MHD_Response *response = NULL;
    buf_trim(body);
    if (!body->failed)
        response = MHD_create_response_from_buffer(body->len, body->data,
                                                   MHD_RESPMEM_MUST_FREE);
    if (response)
        *body = BUF_INIT;
    buf_fini(body);
    return with_type(response, content_type);
}

struct MHD_Response *response_text(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return NULL;
    struct MHD_Response *response =
        response_copy(text, (size_t)len, RESPONSE_TEXT);
    free(text);
    if (response)
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    return response;
}

const char *response_reason(unsigned status)
{
    const char *reason = MHD_get_reason_phrase_for(status);
    return reason ? reason : "Unknown";
}
