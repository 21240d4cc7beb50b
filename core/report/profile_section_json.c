#include "report/profile_section.h"

#include "base/json_writer.h"
#include "target/profile_capture.h"

/* Writes the functions. `counts` has the numbers of samples; it may be empty or
 * NULL. */
static void write_functions(struct json_writer *json, const struct top *top,
                            const struct top *counts)
{
    json_int(json, "total", top->total);
    if (counts && counts->n)
        json_int(json, "samples", counts->total);
    json_begin_array(json, "functions");
    for (uint32_t i = 0; i < top->n && i < PROFILE_SECTION_JSON_FUNCTIONS;
         i++) {
        const struct top_entry *entry = &top->entries[i];
        const struct top_entry *count =
            counts ? top_find(counts, entry->name) : NULL;
        json_begin_object(json, NULL);
        json_text(json, "name", entry->name);
        json_int(json, "flat", entry->flat);
        json_int(json, "own", entry->own);
        json_int(json, "cum", entry->cum);
        if (count)
            json_int(json, "samples", count->own);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_profile_endpoints(struct json_writer *json,
                                    const struct captured_profile *captured)
{
    json_begin_object(json, "endpoints");
    for (unsigned i = 0; i < captured->n_endpoints; i++) {
        json_begin_object(json, captured->endpoints[i].name);
        write_functions(json, &captured->endpoints[i].top, NULL);
        json_end_object(json);
    }
    json_end_object(json);
}

static void write_profile(struct json_writer *json,
                          const struct captured_profile *captured)
{
    json_begin_object(json, captured->kind->name);
    if (captured->state != CAPTURED_DONE) {
        json_text(json, "error", captured->failure);
    } else {
        json_text(json, "file", captured->file);
        json_text(json, "type", captured->type);
        json_text(json, "unit", captured->unit);
        write_functions(json, &captured->top, &captured->counts);
        write_profile_endpoints(json, captured);
    }
    json_end_object(json);
}

void profile_section_write_json(struct json_writer *json,
                                const struct profile_capture *capture)
{
    int64_t begin_ns, end_ns;
    json_begin_object(json, "profiles");
    if (profile_capture_window(capture, &begin_ns, &end_ns)) {
        json_begin_object(json, "window");
        json_fixed(json, "begin", 3, (double)begin_ns / 1e9);
        json_fixed(json, "seconds", 3, (double)(end_ns - begin_ns) / 1e9);
        json_int(json, "requests",
                 (int64_t)profile_capture_n_requests(capture));
        json_end_object(json);
    } else {
        json_null(json, "window");
    }
    json_begin_object(json, "kinds");
    for (unsigned i = 0; i < profile_capture_n_profiles(capture); i++)
        write_profile(json, profile_capture_profile(capture, i));
    json_end_object(json);
    json_end_object(json);
}
