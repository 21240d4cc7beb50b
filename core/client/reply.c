#include "client/reply.h"

#include "client/exchange.h"

static int fail(struct reply *reply, enum client_error error)
{
    reply->error = error;
    return HPE_USER;
}

static bool is_interim(const llhttp_t *parser)
{
    return parser->status_code >= 100 && parser->status_code < 200;
}

/* Trailers, which come after the body, are not kept. */
static int on_header_bytes(llhttp_t *parser, const char *at, size_t n)
{
    struct reply *reply = parser->data;
    if (!reply->in_body)
        buf_append(&reply->exchange->headers, at, n);
    return 0;
}

/* Ends a name or a value; an empty value has no bytes, but this call. */
static int on_header_part(llhttp_t *parser)
{
    struct reply *reply = parser->data;
    if (!reply->in_body)
        buf_putc(&reply->exchange->headers, '\0');
    return 0;
}

/* Returning 1 tells llhttp that no body follows. */
static int on_headers_complete(llhttp_t *parser)
{
    struct reply *reply = parser->data;
    struct exchange *exchange = reply->exchange;
    if (exchange->headers.failed)
        return fail(reply, CLIENT_OUT_OF_MEMORY);
    if (parser->status_code == 101)
        return fail(reply, CLIENT_MALFORMED);
    if (is_interim(parser)) {
        exchange->headers.len = 0;
        return 1;
    }
    reply->in_body = true;
    exchange->status = parser->status_code;
    return exchange->head_only || parser->status_code == 204 ||
           parser->status_code == 304;
}

static int on_body(llhttp_t *parser, const char *at, size_t n)
{
    struct reply *reply = parser->data;
    struct buf *body = &reply->exchange->body;
    if (n > reply->exchange->body_max - body->len)
        return fail(reply, CLIENT_BODY_TOO_LARGE);
    buf_append(body, at, n);
    return body->failed ? fail(reply, CLIENT_OUT_OF_MEMORY) : 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct reply *reply = parser->data;
    if (is_interim(parser))
        return 0;
    reply->keep_alive = llhttp_should_keep_alive(parser);
    return HPE_PAUSED;
}

/* A callback per header costs, so there is a set for each wish. */
#define ALWAYS                                                                 \
    .on_headers_complete = on_headers_complete,                                \
    .on_message_complete = on_message_complete
#define HEADERS                                                                \
    .on_header_field = on_header_bytes,                                        \
    .on_header_field_complete = on_header_part,                                \
    .on_header_value = on_header_bytes,                                        \
    .on_header_value_complete = on_header_part
#define BODY .on_body = on_body

static const llhttp_settings_t settings[2][2] = {
    /* [keep_headers][keep_body] */
    {{ALWAYS}, {ALWAYS, BODY}},
    {{ALWAYS, HEADERS}, {ALWAYS, HEADERS, BODY}},
};

void reply_begin(struct reply *reply, struct exchange *exchange)
{
    llhttp_init(&reply->parser, HTTP_RESPONSE,
                &settings[exchange->keep_headers][exchange->keep_body]);
    reply->parser.data = reply;
    reply->exchange = exchange;
    reply->n_head = 0;
    reply->in_body = false;
    reply->keep_alive = false;
    reply->error = CLIENT_OK;
    reply->detail = NULL;
}

static enum reply_state failed(struct reply *reply)
{
    if (reply->error == CLIENT_OK) {
        reply->error = CLIENT_MALFORMED;
        reply->detail = llhttp_get_error_reason(&reply->parser);
    }
    return REPLY_FAILED;
}

enum reply_state reply_feed(struct reply *reply, const char *data, size_t n)
{
    switch (llhttp_execute(&reply->parser, data, n)) {
    case HPE_OK:
        if (!reply->in_body && (reply->n_head += n) > REPLY_HEAD_MAX) {
            reply->error = CLIENT_HEAD_TOO_LARGE;
            return REPLY_FAILED;
        }
        return REPLY_MORE;
    case HPE_PAUSED:
        if (llhttp_get_error_pos(&reply->parser) != data + n)
            reply->keep_alive = false;
        return REPLY_DONE;
    default:
        return failed(reply);
    }
}

enum reply_state reply_end_of_stream(struct reply *reply)
{
    if (reply->in_body && llhttp_message_needs_eof(&reply->parser)) {
        reply->keep_alive = false;
        return REPLY_DONE;
    }
    reply->error = CLIENT_INCOMPLETE;
    return REPLY_FAILED;
}
