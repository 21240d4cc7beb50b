#include "report/profile_section.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "measure/format.h"
#include "target/profile_capture.h"

#define TEXT_MAX 64
#define ENDPOINT_FUNCTIONS 3

/* Writes a value in the profile's unit: "4.53s", "12 MB", "41". */
static const char *format_profile_value(char *out, size_t size,
                                        const char *unit, int64_t value)
{
    if (strcmp(unit, "nanoseconds") == 0)
        return format_time(out, size, (double)value / 1e6);
    if (strcmp(unit, "bytes") == 0)
        return format_bytes(out, size, (double)value);
    return format_number(out, size, (double)value);
}

static double put_percent(const struct top *top, int64_t part)
{
    return 100 * top_share(top, part);
}

/* Appends a text, right-aligned by its columns on a terminal: µ has two bytes.
 */
static void put_right(struct buf *out, const char *text, size_t width)
{
    for (size_t n = format_width(text); n < width; n++)
        buf_putc(out, ' ');
    buf_puts(out, text);
}

static void put_table(struct buf *out, const struct captured_profile *captured,
                      unsigned n_shown)
{
    const struct top *top = &captured->top;
    char text[TEXT_MAX];
    if (top->n > 0)
        buf_puts(out, "            FLAT   FLAT%         CUM    CUM%   SHARE  "
                      "FUNCTION\n");
    for (uint32_t i = 0; i < top->n && i < n_shown; i++) {
        const struct top_entry *entry = &top->entries[i];
        buf_puts(out, "      ");
        put_right(out,
                  format_profile_value(text, sizeof text, captured->unit,
                                       entry->flat),
                  10);
        buf_printf(out, " %6.1f%% ", put_percent(top, entry->flat));
        put_right(
            out,
            format_profile_value(text, sizeof text, captured->unit, entry->cum),
            11);
        buf_printf(out, " %6.1f%% %6.1f%%  %s\n", put_percent(top, entry->cum),
                   put_percent(top, entry->own), entry->name);
    }
}

/* Appends lines such as "data   61.2%: data.sort_rows 24.6%,
 * string.format 14.2%": the endpoint's share of the profile, and the functions'
 * shares of the endpoint. */
static void put_endpoints(struct buf *out,
                          const struct captured_profile *captured)
{
    for (unsigned i = 0; i < captured->n_endpoints; i++) {
        const struct captured_endpoint *endpoint = &captured->endpoints[i];
        const struct top *top = &endpoint->top;
        if (i == 0)
            buf_puts(out, "      by endpoint\n");
        buf_printf(out, "        %s %.1f%%", endpoint->name,
                   put_percent(&captured->top, top->total));
        for (uint32_t k = 0; k < top->n && k < ENDPOINT_FUNCTIONS; k++)
            buf_printf(out, "%s%s %.1f%%", k ? ", " : ": ",
                       top->entries[k].name,
                       put_percent(top, top->entries[k].own));
        buf_putc(out, '\n');
    }
}

static void put_profile_section(struct buf *out,
                                const struct profile_capture *capture,
                                const struct captured_profile *captured,
                                unsigned n_shown)
{
    const char *name = captured->kind->name;
    char text[TEXT_MAX];
    int64_t begin_ns = 0, end_ns = 0;
    if (captured->state != CAPTURED_DONE) {
        buf_printf(out, "    %s profile: %s\n", name, captured->failure);
        return;
    }
    profile_capture_window(capture, &begin_ns, &end_ns);
    buf_printf(out, "    %s: %s ", name,
               format_profile_value(text, sizeof text, captured->unit,
                                    captured->top.total));
    if (captured->kind->span == PROFILE_KIND_MOMENT)
        buf_printf(out, "at %.1f s", (double)begin_ns / 1e9);
    else if (captured_profile_is_in_use(captured))
        buf_printf(out, "in use after %.1f s", (double)end_ns / 1e9);
    else
        buf_printf(out, "in %" PRId64 " s from %.1f s on",
                   profile_capture_window_seconds(capture),
                   (double)begin_ns / 1e9);
    if (captured->file)
        buf_printf(out, ", saved as %s\n", captured->file);
    else
        buf_printf(out, ", not saved: %s\n", captured->file_failure);
    put_table(out, captured, n_shown);
    put_endpoints(out, captured);
}

void profile_section_write(struct buf *out,
                           const struct profile_capture *capture, unsigned top)
{
    buf_puts(out, "    PROFILES\n");
    for (unsigned i = 0; i < profile_capture_n_profiles(capture); i++)
        put_profile_section(out, capture, profile_capture_profile(capture, i),
                            top);
    buf_putc(out, '\n');
}
