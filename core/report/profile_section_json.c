#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "target/profile_capture.h"
#include "report/profile_section.h"

static void put_text(struct buf *out, const char *text)
{
    json_put_string(out, text, strlen(text));
}

/* `counts`: of the same samples, empty, or NULL. */
static void put_functions(struct buf *out, const struct top *top,
                          const struct top *counts)
{
    buf_printf(out, "\"total\": %" PRId64, top->total);
    if (counts && counts->n)
        buf_printf(out, ", \"samples\": %" PRId64, counts->total);
    buf_puts(out, ", \"functions\": [");
    for (uint32_t i = 0; i < top->n && i < PROFILE_SECTION_JSON_FUNCTIONS;
         i++) {
        const struct top_entry *entry = &top->entries[i];
        const struct top_entry *count =
            counts ? top_find(counts, entry->name) : NULL;
        buf_puts(out, i ? ", {\"name\": " : "{\"name\": ");
        put_text(out, entry->name);
        buf_printf(out,
                   ", \"flat\": %" PRId64 ", \"own\": %" PRId64
                   ", \"cum\": %" PRId64,
                   entry->flat, entry->own, entry->cum);
        if (count)
            buf_printf(out, ", \"samples\": %" PRId64, count->own);
        buf_putc(out, '}');
    }
    buf_puts(out, "]");
}

static void put_endpoints(struct buf *out,
                          const struct captured_profile *captured)
{
    buf_puts(out, ", \"endpoints\": {");
    for (unsigned i = 0; i < captured->n_endpoints; i++) {
        buf_puts(out, i ? ", " : "");
        put_text(out, captured->endpoints[i].name);
        buf_puts(out, ": {");
        put_functions(out, &captured->endpoints[i].top, NULL);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
}

static void put_profile(struct buf *out,
                        const struct captured_profile *captured)
{
    put_text(out, captured->kind->name);
    buf_puts(out, ": {");
    if (captured->state != CAPTURED_DONE) {
        buf_puts(out, "\"error\": ");
        put_text(out, captured->failure);
        buf_putc(out, '}');
        return;
    }
    buf_puts(out, "\"file\": ");
    if (captured->file)
        put_text(out, captured->file);
    else
        buf_puts(out, "null");
    buf_puts(out, ", \"type\": ");
    put_text(out, captured->type);
    buf_puts(out, ", \"unit\": ");
    put_text(out, captured->unit);
    buf_puts(out, ", ");
    put_functions(out, &captured->top, &captured->counts);
    put_endpoints(out, captured);
    buf_putc(out, '}');
}

void profile_section_write_json(struct buf *out,
                                const struct profile_capture *capture)
{
    int64_t begin_ns, end_ns;
    buf_puts(out, "{\"window\": ");
    if (profile_capture_window(capture, &begin_ns, &end_ns))
        buf_printf(out,
                   "{\"begin\": %.3f, \"seconds\": %.3f, \"requests\": %" PRIu64
                   "}",
                   (double)begin_ns / 1e9, (double)(end_ns - begin_ns) / 1e9,
                   profile_capture_n_requests(capture));
    else
        buf_puts(out, "null");
    buf_puts(out, ", \"kinds\": {");
    for (unsigned i = 0; i < profile_capture_n_profiles(capture); i++) {
        buf_puts(out, i ? ", " : "");
        put_profile(out, profile_capture_profile(capture, i));
    }
    buf_puts(out, "}}");
}
