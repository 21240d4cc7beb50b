/* top.c -- sums the values of each function.
 *
 * A function's key is the string id of its name. The key of a location without
 * a function is n_strings + the location's id. All sums stand in one array,
 * indexed by key.
 */
#include "profile/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

/* The sums of one key. */
struct sums {
    int64_t flat, own, cum;
    uint32_t seen; /* number of the last sample, from 1, that had the key */
};

struct tables {
    const struct profile *profile;
    struct sums *sums;
    uint32_t n_strings, n_keys;
    uint32_t sample; /* number of the sample at hand, from 1 */
};

static uint32_t function_key(const struct tables *t,
                             const struct profile_line *line)
{
    return profile_get_function(t->profile, line->function)->name;
}

static uint32_t address_key(const struct tables *t, uint32_t location)
{
    return t->n_strings + location;
}

static void add_cumulative(struct tables *t, uint32_t key, int64_t value)
{
    struct sums *sums = &t->sums[key];
    if (sums->seen == t->sample)
        return;
    sums->seen = t->sample;
    sums->cum += value;
}

#define USER_ADDRESS_BITS 47 /* of x86-64 */

/* Returns the function of a script at this location, or the C function that a
 * script calls by name. Returns NULL if there is none. */
static const struct profile_line *
script_line(const struct tables *t, const struct profile_location *location)
{
    if (location->n_lines == 0)
        return NULL;
    const struct profile_line *line = &location->lines[location->n_lines - 1];
    bool is_code =
        location->address != 0 && location->address >> USER_ADDRESS_BITS == 0;
    bool is_script = location->mapping == 0 && !is_code;
    return is_script || profile_is_named_by_script(
                            t->profile,
                            profile_get_function(t->profile, line->function))
               ? line
               : NULL;
}

static void add_sample(struct tables *t, const struct profile_sample *sample,
                       int64_t value)
{
    bool owned = false;
    uint32_t leaf = 0;
    for (uint32_t i = 0; i < sample->n_locations; i++) {
        uint32_t id = sample->locations[i];
        struct profile_location location = profile_get_location(t->profile, id);
        uint32_t key = location.n_lines ? function_key(t, &location.lines[0])
                                        : address_key(t, id);
        if (i == 0) {
            leaf = key;
            t->sums[leaf].flat += value;
            t->sums[leaf].own += value;
        }
        const struct profile_line *script =
            owned ? NULL : script_line(t, &location);
        if (script) {
            owned = true;
            if (function_key(t, script) != leaf)
                t->sums[function_key(t, script)].own += value;
        }
        add_cumulative(t, key, value);
        for (uint32_t k = 1; k < location.n_lines; k++)
            add_cumulative(t, function_key(t, &location.lines[k]), value);
    }
}

/* The filter, with its texts as string ids of the profile. */
struct wanted {
    bool all, none;
    uint32_t key, value;
};

static uint32_t find_string(const struct profile *p, const char *text)
{
    for (uint32_t id = 1; id < profile_n_strings(p); id++)
        if (strcmp(profile_get_string(p, id, NULL), text) == 0)
            return id;
    return 0;
}

static struct wanted find_wanted(const struct profile *p,
                                 struct top_filter filter)
{
    struct wanted wanted = {.all = !filter.key};
    if (wanted.all)
        return wanted;
    wanted.key = find_string(p, filter.key);
    wanted.value = find_string(p, filter.value);
    wanted.none = !wanted.key || !wanted.value;
    return wanted;
}

static bool is_selected(const struct wanted *wanted,
                        const struct profile_sample *sample)
{
    if (wanted->all || wanted->none)
        return wanted->all;
    for (uint32_t i = 0; i < sample->n_labels; i++)
        if (sample->labels[i].key == wanted->key &&
            sample->labels[i].str == wanted->value)
            return true;
    return false;
}

static int by_use(const void *a, const void *b)
{
    const struct top_entry *x = a, *y = b;
    if (x->own != y->own)
        return x->own > y->own ? -1 : 1;
    if (x->flat != y->flat)
        return x->flat > y->flat ? -1 : 1;
    if (x->cum != y->cum)
        return x->cum > y->cum ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Lists the keys that a sample had. Returns false if out of memory. */
static bool list_entries(struct top *top, const struct tables *t)
{
    uint32_t n = 0, n_addresses = 0;
    for (uint32_t key = 0; key < t->n_keys; key++) {
        n += t->sums[key].seen != 0;
        n_addresses += key >= t->n_strings && t->sums[key].seen != 0;
    }
    top->entries = calloc(n + 1, sizeof *top->entries);
    top->addresses = calloc(n_addresses + 1, sizeof *top->addresses);
    if (!top->entries || !top->addresses)
        return false;
    n_addresses = 0;
    for (uint32_t key = 0; key < t->n_keys; key++) {
        const struct sums *sums = &t->sums[key];
        struct top_entry *entry = &top->entries[top->n];
        if (!sums->seen)
            continue;
        *entry = (struct top_entry){NULL, sums->flat, sums->own, sums->cum};
        top->n++;
        if (key < t->n_strings) {
            entry->name = profile_get_string(t->profile, key, NULL);
            continue;
        }
        char *text = top->addresses[n_addresses++];
        uint32_t location = key - t->n_strings;
        snprintf(text, sizeof *top->addresses, "0x%" PRIx64,
                 profile_get_location(t->profile, location).address);
        entry->name = text;
    }
    qsort(top->entries, top->n, sizeof *top->entries, by_use);
    return true;
}

bool top_build(struct top *top, const struct profile *profile, uint32_t type,
               struct top_filter filter, struct err *err)
{
    struct tables t = {.profile = profile,
                       .n_strings = profile_n_strings(profile)};
    struct wanted wanted = find_wanted(profile, filter);
    *top = (struct top){0};
    t.n_keys = t.n_strings + profile_n_locations(profile) + 1;
    t.sums = calloc(t.n_keys, sizeof *t.sums);
    bool ok = t.sums != NULL;
    for (uint32_t i = 0; ok && i < profile_n_samples(profile); i++) {
        struct profile_sample sample = profile_get_sample(profile, i);
        t.sample = i + 1;
        if (!is_selected(&wanted, &sample))
            continue;
        top->total += sample.values[type];
        add_sample(&t, &sample, sample.values[type]);
    }
    ok = ok && list_entries(top, &t);
    free(t.sums);
    if (!ok)
        top_fini(top);
    return ok || err_set(err, "out of memory for the functions of a profile");
}

void top_fini(struct top *top)
{
    free(top->entries);
    free(top->addresses);
    *top = (struct top){0};
}

const struct top_entry *top_find(const struct top *top, const char *name)
{
    for (uint32_t i = 0; i < top->n; i++)
        if (strcmp(top->entries[i].name, name) == 0)
            return &top->entries[i];
    return NULL;
}

double top_share(const struct top *top, int64_t part)
{
    return top->total ? (double)part / (double)top->total : 0;
}
