#include "client/incoming.h"

#include <strings.h>

#include "client/transfer.h"

static int fail_reply(struct incoming *incoming, enum client_error error)
{
    incoming->error = error;
    return HPE_USER;
}

static bool is_interim(const llhttp_t *parser)
{
    return parser->status_code >= 100 && parser->status_code < 200;
}

/* Trailers come after the body and are not kept. */
static int on_header_bytes(llhttp_t *parser, const char *at, size_t n)
{
    struct incoming *incoming = parser->data;
    if (!incoming->in_body)
        buf_append(&incoming->transfer->headers, at, n);
    return 0;
}

/* Notes headers that others would have to search for. */
static void note_name(struct transfer *transfer, const char *name, size_t n)
{
    if (n == 16 && strncasecmp(name, "Content-Encoding", n) == 0)
        transfer->encoded = true;
    else if (n == 10 && strncasecmp(name, "Set-Cookie", n) == 0)
        transfer->sets_cookies = true;
}

static int on_name_end(llhttp_t *parser)
{
    struct incoming *incoming = parser->data;
    struct buf *headers = &incoming->transfer->headers;
    if (incoming->in_body)
        return 0;
    note_name(incoming->transfer, headers->data + incoming->name_at,
              headers->len - incoming->name_at);
    buf_putc(headers, '\0');
    return 0;
}

/* Called for each value, also for an empty one, which has no bytes. */
static int on_value_end(llhttp_t *parser)
{
    struct incoming *incoming = parser->data;
    struct buf *headers = &incoming->transfer->headers;
    if (incoming->in_body)
        return 0;
    buf_putc(headers, '\0');
    incoming->name_at = headers->len;
    return 0;
}

/* Returning 1 tells llhttp that no body follows. */
static int on_headers_complete(llhttp_t *parser)
{
    struct incoming *incoming = parser->data;
    struct transfer *transfer = incoming->transfer;
    if (transfer->headers.failed)
        return fail_reply(incoming, CLIENT_OUT_OF_MEMORY);
    int status = parser->status_code;
    if (status < 100 || status > 999 || status == 101)
        return fail_reply(incoming, CLIENT_MALFORMED);
    if (is_interim(parser)) {
        transfer->headers.len = incoming->name_at = 0;
        transfer->encoded = transfer->sets_cookies = false;
        return 1;
    }
    incoming->in_body = true;
    transfer->status = parser->status_code;
    transfer->http_1_0 = parser->http_minor == 0;
    return transfer->head_only || parser->status_code == 204 ||
           parser->status_code == 304;
}

static int on_body(llhttp_t *parser, const char *at, size_t n)
{
    struct incoming *incoming = parser->data;
    struct buf *body = &incoming->transfer->body;
    if (n > incoming->transfer->body_max - body->len)
        return fail_reply(incoming, CLIENT_BODY_TOO_LARGE);
    buf_append(body, at, n);
    return body->failed ? fail_reply(incoming, CLIENT_OUT_OF_MEMORY) : 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct incoming *incoming = parser->data;
    if (is_interim(parser))
        return 0;
    incoming->keep_alive = llhttp_should_keep_alive(parser);
    return HPE_PAUSED;
}

/* Callbacks cost time, so there is one set for each combination of needs. */
#define ALWAYS                                                                 \
    .on_headers_complete = on_headers_complete,                                \
    .on_message_complete = on_message_complete
#define HEADERS                                                                \
    .on_header_field = on_header_bytes,                                        \
    .on_header_field_complete = on_name_end,                                   \
    .on_header_value = on_header_bytes,                                        \
    .on_header_value_complete = on_value_end
#define BODY .on_body = on_body

static const llhttp_settings_t settings[2][2] = {
    /* [keep_headers][keep_body] */
    {{ALWAYS}, {ALWAYS, BODY}},
    {{ALWAYS, HEADERS}, {ALWAYS, HEADERS, BODY}},
};

void incoming_begin(struct incoming *incoming, struct transfer *transfer)
{
    llhttp_init(&incoming->parser, HTTP_RESPONSE,
                &settings[transfer->keep_headers][transfer->keep_body]);
    incoming->parser.data = incoming;
    incoming->transfer = transfer;
    incoming->name_at = incoming->n_head = 0;
    incoming->in_body = false;
    incoming->keep_alive = false;
    incoming->error = CLIENT_OK;
    incoming->detail = NULL;
}

static enum incoming_state has_failed(struct incoming *incoming)
{
    if (incoming->error == CLIENT_OK) {
        incoming->error = CLIENT_MALFORMED;
        incoming->detail = llhttp_get_error_reason(&incoming->parser);
    }
    return INCOMING_FAILED;
}

enum incoming_state incoming_feed(struct incoming *incoming, const char *data,
                                  size_t n)
{
    switch (llhttp_execute(&incoming->parser, data, n)) {
    case HPE_OK:
        if (!incoming->in_body && (incoming->n_head += n) > INCOMING_HEAD_MAX) {
            incoming->error = CLIENT_HEAD_TOO_LARGE;
            return INCOMING_FAILED;
        }
        return INCOMING_MORE;
    case HPE_PAUSED:
        if (llhttp_get_error_pos(&incoming->parser) != data + n)
            incoming->keep_alive = false;
        return INCOMING_DONE;
    default:
        return has_failed(incoming);
    }
}

enum incoming_state incoming_end_of_stream(struct incoming *incoming)
{
    if (incoming->in_body && llhttp_message_needs_eof(&incoming->parser)) {
        incoming->keep_alive = false;
        return INCOMING_DONE;
    }
    incoming->error = CLIENT_INCOMPLETE;
    return INCOMING_FAILED;
}
