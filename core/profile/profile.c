/* profile.c -- the tables of a profile.
 *
 * Each kind of entry is an array with a hash index over it, which finds an
 * equal entry. Parts of variable length (a location's lines; a sample's
 * locations, labels and values) are stored one after another in arrays of their
 * own, and the entry holds the offset of its first part.
 */
#include "profile/profile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/index.h"
#include "profile/strings.h"

/* An array that grows; entries never move relative to its start. */
struct array {
    char *data;
    size_t n, n_allocated;
};

struct location {
    uint64_t address;
    uint32_t mapping;
    uint32_t n_lines;
    size_t first_line;
    bool is_folded;
};

struct sample {
    size_t first_location, first_label;
    uint32_t n_locations, n_labels;
};

struct profile {
    bool failed;
    struct profile_header header;
    struct strings strings;
    struct array sample_types, comments;
    struct array mappings, functions, locations, lines;
    struct array samples, sample_locations, sample_labels, sample_values;
    struct index mapping_index, function_index, location_index, sample_index;
};

#define AT(array, type, i) ((type *)(void *)(array).data + (i))

/* Appends `n` entries of `size` bytes. Returns false if out of memory. */
static bool append_entries(struct profile *p, struct array *a, size_t size,
                           const void *entries, size_t n)
{
    if (a->n + n > a->n_allocated) {
        size_t wanted = (a->n + n) * 2 < 16 ? 16 : (a->n + n) * 2;
        char *grown = realloc(a->data, wanted * size);
        if (!grown) {
            p->failed = true;
            return false;
        }
        a->data = grown;
        a->n_allocated = wanted;
    }
    if (n > 0)
        memcpy(a->data + a->n * size, entries, n * size);
    a->n += n;
    return true;
}

struct profile *profile_new(void)
{
    struct profile *p = calloc(1, sizeof *p);
    if (!p || strings_init(&p->strings))
        return p;
    profile_free(p);
    return NULL;
}

void profile_free(struct profile *p)
{
    if (!p)
        return;
    struct array *arrays[] = {
        &p->sample_types,  &p->comments,         &p->mappings,
        &p->functions,     &p->locations,        &p->lines,
        &p->samples,       &p->sample_locations, &p->sample_labels,
        &p->sample_values,
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]->data);
    strings_fini(&p->strings);
    index_fini(&p->mapping_index);
    index_fini(&p->function_index);
    index_fini(&p->location_index);
    index_fini(&p->sample_index);
    free(p);
}

bool profile_failed(const struct profile *p) { return p->failed; }

struct profile_header *profile_header(struct profile *p) { return &p->header; }

uint32_t profile_string(struct profile *p, const char *s, size_t len)
{
    uint32_t id = strings_add(&p->strings, s, len);
    if (id != INDEX_NONE)
        return id;
    p->failed = true;
    return 0;
}

uint32_t profile_text(struct profile *p, const char *text)
{
    return profile_string(p, text, strlen(text));
}

bool profile_add_sample_type(struct profile *p, const char *type,
                             const char *unit)
{
    struct profile_value_type entry = {profile_text(p, type),
                                       profile_text(p, unit)};
    return profile_add_sample_type_ids(p, entry);
}

bool profile_add_sample_type_ids(struct profile *p,
                                 struct profile_value_type type)
{
    return append_entries(p, &p->sample_types, sizeof type, &type, 1);
}

bool profile_add_comment(struct profile *p, const char *text)
{
    return profile_add_comment_id(p, profile_text(p, text));
}

bool profile_add_comment_id(struct profile *p, uint32_t string)
{
    return append_entries(p, &p->comments, sizeof string, &string, 1);
}

/* Returns the id of an equal entry, or appends the entry. Returns 0 if out of
 * memory. */
static uint32_t intern_entry(struct profile *p, struct index *index,
                             uint64_t hash, index_equal_fn equal,
                             const void *key, struct array *array, size_t size,
                             const void *entry)
{
    uint32_t found = index_find(index, hash, equal, p, key);
    if (found != INDEX_NONE)
        return found + 1;
    uint32_t position = (uint32_t)array->n;
    if (!append_entries(p, array, size, entry, 1))
        return 0;
    if (!index_add(index, hash, position)) {
        array->n--;
        p->failed = true;
        return 0;
    }
    return position + 1;
}

static bool equal_mapping(const void *ctx, const void *key, uint32_t position)
{
    const struct profile *p = ctx;
    const struct profile_mapping *a = key;
    const struct profile_mapping *b =
        AT(p->mappings, struct profile_mapping, position);
    return a->start == b->start && a->limit == b->limit &&
           a->offset == b->offset && a->filename == b->filename &&
           a->build_id == b->build_id && a->has_functions == b->has_functions &&
           a->has_filenames == b->has_filenames &&
           a->has_line_numbers == b->has_line_numbers &&
           a->has_inline_frames == b->has_inline_frames;
}

uint32_t profile_add_mapping(struct profile *p,
                             const struct profile_mapping *mapping)
{
    uint64_t words[] = {mapping->start, mapping->limit, mapping->offset,
                        mapping->filename, mapping->build_id};
    return intern_entry(p, &p->mapping_index,
                        index_hash(words, sizeof words, 0), equal_mapping,
                        mapping, &p->mappings, sizeof *mapping, mapping);
}

static bool equal_function(const void *ctx, const void *key, uint32_t position)
{
    const struct profile *p = ctx;
    const struct profile_function *a = key;
    const struct profile_function *b =
        AT(p->functions, struct profile_function, position);
    return a->name == b->name && a->system_name == b->system_name &&
           a->filename == b->filename && a->start_line == b->start_line;
}

uint32_t profile_add_function(struct profile *p,
                              const struct profile_function *function)
{
    uint64_t words[] = {function->name, function->system_name,
                        function->filename, (uint64_t)function->start_line};
    return intern_entry(p, &p->function_index,
                        index_hash(words, sizeof words, 0), equal_function,
                        function, &p->functions, sizeof *function, function);
}

static bool equal_location(const void *ctx, const void *key, uint32_t position)
{
    const struct profile *p = ctx;
    const struct profile_location *a = key;
    const struct location *b = AT(p->locations, struct location, position);
    if (a->address != b->address || a->mapping != b->mapping ||
        a->is_folded != b->is_folded || a->n_lines != b->n_lines)
        return false;
    for (uint32_t i = 0; i < a->n_lines; i++) {
        const struct profile_line *x = &a->lines[i];
        const struct profile_line *y =
            AT(p->lines, struct profile_line, b->first_line + i);
        if (x->function != y->function || x->line != y->line ||
            x->column != y->column)
            return false;
    }
    return true;
}

uint32_t profile_add_location(struct profile *p,
                              const struct profile_location *location)
{
    struct location entry = {location->address, location->mapping,
                             location->n_lines, p->lines.n,
                             location->is_folded};
    uint64_t hash =
        index_hash(&entry.address, sizeof entry.address, location->mapping);
    for (uint32_t i = 0; i < location->n_lines; i++) {
        uint64_t words[] = {location->lines[i].function,
                            (uint64_t)location->lines[i].line};
        hash = index_hash(words, sizeof words, hash);
    }
    size_t n_before = p->locations.n;
    uint32_t id = intern_entry(p, &p->location_index, hash, equal_location,
                               location, &p->locations, sizeof entry, &entry);
    if (p->locations.n > n_before &&
        !append_entries(p, &p->lines, sizeof *location->lines, location->lines,
                        location->n_lines))
        return 0;
    return id;
}

/* Orders labels by key, then value, so that equal sets become equal arrays. */
static int by_label(const void *a, const void *b)
{
    const struct profile_label *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->str != y->str)
        return x->str < y->str ? -1 : 1;
    if (x->num != y->num)
        return x->num < y->num ? -1 : 1;
    return x->num_unit < y->num_unit ? -1 : x->num_unit > y->num_unit;
}

static bool equal_sample(const void *ctx, const void *key, uint32_t position)
{
    const struct profile *p = ctx;
    const struct profile_sample *a = key;
    const struct sample *b = AT(p->samples, struct sample, position);
    if (a->n_locations != b->n_locations || a->n_labels != b->n_labels)
        return false;
    if (a->n_locations > 0 &&
        memcmp(a->locations,
               AT(p->sample_locations, uint32_t, b->first_location),
               a->n_locations * sizeof *a->locations) != 0)
        return false;
    for (uint32_t i = 0; i < a->n_labels; i++)
        if (by_label(&a->labels[i], AT(p->sample_labels, struct profile_label,
                                       b->first_label + i)) != 0)
            return false;
    return true;
}

/* Adds a sample whose labels are sorted, or adds its values to an equal
 * sample. */
static bool add_sorted(struct profile *p, const struct profile_sample *sample)
{
    struct sample entry = {p->sample_locations.n, p->sample_labels.n,
                           sample->n_locations, sample->n_labels};
    size_t n_types = p->sample_types.n;
    uint64_t hash = index_hash(sample->locations,
                               sample->n_locations * sizeof *sample->locations,
                               sample->n_labels);
    for (uint32_t i = 0; i < sample->n_labels; i++) {
        const struct profile_label *l = &sample->labels[i];
        uint64_t words[] = {l->key, l->str, (uint64_t)l->num};
        hash = index_hash(words, sizeof words, hash);
    }
    size_t n_before = p->samples.n;
    uint32_t id = intern_entry(p, &p->sample_index, hash, equal_sample, sample,
                               &p->samples, sizeof entry, &entry);
    if (id == 0)
        return false;
    if (p->samples.n == n_before) {
        int64_t *values = AT(p->sample_values, int64_t, (id - 1) * n_types);
        for (size_t i = 0; i < n_types;
             i++) /* overflow wraps round, as in Go */
            values[i] =
                (int64_t)((uint64_t)values[i] + (uint64_t)sample->values[i]);
        return true;
    }
    return append_entries(p, &p->sample_locations, sizeof *sample->locations,
                          sample->locations, sample->n_locations) &&
           append_entries(p, &p->sample_labels, sizeof *sample->labels,
                          sample->labels, sample->n_labels) &&
           append_entries(p, &p->sample_values, sizeof *sample->values,
                          sample->values, n_types);
}

bool profile_add_sample(struct profile *p, const struct profile_sample *sample)
{
    struct profile_label few[8], *labels = few;
    if (sample->n_labels > sizeof few / sizeof *few)
        labels = malloc(sample->n_labels * sizeof *labels);
    if (!labels) {
        p->failed = true;
        return false;
    }
    if (sample->n_labels > 0) {
        memcpy(labels, sample->labels, sample->n_labels * sizeof *labels);
        qsort(labels, sample->n_labels, sizeof *labels, by_label);
    }
    struct profile_sample sorted = *sample;
    sorted.labels = labels;
    bool added = add_sorted(p, &sorted);
    if (labels != few)
        free(labels);
    return added;
}

uint32_t profile_n_strings(const struct profile *p) { return p->strings.n; }

const char *profile_get_string(const struct profile *p, uint32_t id,
                               size_t *len)
{
    return strings_get(&p->strings, id, len);
}

const struct profile_header *profile_get_header(const struct profile *p)
{
    return &p->header;
}

uint32_t profile_n_sample_types(const struct profile *p)
{
    return (uint32_t)p->sample_types.n;
}

struct profile_value_type profile_get_sample_type(const struct profile *p,
                                                  uint32_t i)
{
    return *AT(p->sample_types, struct profile_value_type, i);
}

static const char *sample_type_name(const struct profile *p, uint32_t i)
{
    return profile_get_string(p, profile_get_sample_type(p, i).type, NULL);
}

uint32_t profile_find_sample_type(const struct profile *p, const char *name)
{
    uint32_t n = profile_n_sample_types(p), i = 0;
    while (i < n && strcmp(sample_type_name(p, i), name) != 0)
        i++;
    return i;
}

bool profile_check_sample_index(const struct profile *p, const char *wanted,
                                struct err *err)
{
    char names[256] = "", *end;
    uint32_t n = profile_n_sample_types(p);
    unsigned long position = strtoul(wanted, &end, 10);
    bool is_position = isdigit((unsigned char)*wanted) && !*end && position < n;
    if (!*wanted || is_position || profile_find_sample_type(p, wanted) < n)
        return true;
    for (uint32_t i = 0; i < n; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                 sample_type_name(p, i));
    }
    return err_set(err, "unknown sample_index '%s': there are %s", wanted,
                   names);
}

uint32_t profile_n_comments(const struct profile *p)
{
    return (uint32_t)p->comments.n;
}

uint32_t profile_get_comment(const struct profile *p, uint32_t i)
{
    return *AT(p->comments, uint32_t, i);
}

uint32_t profile_n_mappings(const struct profile *p)
{
    return (uint32_t)p->mappings.n;
}

const struct profile_mapping *profile_get_mapping(const struct profile *p,
                                                  uint32_t id)
{
    return AT(p->mappings, struct profile_mapping, id - 1);
}

uint32_t profile_n_functions(const struct profile *p)
{
    return (uint32_t)p->functions.n;
}

const struct profile_function *profile_get_function(const struct profile *p,
                                                    uint32_t id)
{
    return AT(p->functions, struct profile_function, id - 1);
}

bool profile_is_named_by_script(const struct profile *p,
                                const struct profile_function *function)
{
    size_t n;
    const char *name = profile_get_string(p, function->name, &n);
    const char *symbol = profile_get_string(p, function->system_name, NULL);
    bool is_mangled = strncmp(symbol, "_Z", 2) == 0; /* C++ */
    /* A clone of a function is called "NAME.constprop.0". */
    return *symbol && !is_mangled && strncmp(symbol, name, n) != 0;
}

uint32_t profile_n_locations(const struct profile *p)
{
    return (uint32_t)p->locations.n;
}

struct profile_location profile_get_location(const struct profile *p,
                                             uint32_t id)
{
    const struct location *l = AT(p->locations, struct location, id - 1);
    return (struct profile_location){
        .mapping = l->mapping,
        .address = l->address,
        .lines = AT(p->lines, struct profile_line, l->first_line),
        .n_lines = l->n_lines,
        .is_folded = l->is_folded,
    };
}

uint32_t profile_n_samples(const struct profile *p)
{
    return (uint32_t)p->samples.n;
}

struct profile_sample profile_get_sample(const struct profile *p, uint32_t i)
{
    const struct sample *s = AT(p->samples, struct sample, i);
    return (struct profile_sample){
        .locations = AT(p->sample_locations, uint32_t, s->first_location),
        .n_locations = s->n_locations,
        .labels = AT(p->sample_labels, struct profile_label, s->first_label),
        .n_labels = s->n_labels,
        .values = AT(p->sample_values, int64_t, i * p->sample_types.n),
    };
}

/* Returns the mapping of a location, NULL if it has none. */
static struct profile_mapping *mapping_of_location(struct profile *p,
                                                   uint32_t id)
{
    uint32_t mapping = profile_get_location(p, id).mapping;
    return mapping ? AT(p->mappings, struct profile_mapping, mapping - 1)
                   : NULL;
}

/* Takes from the mapping the flags that are not true of `location`. */
static void restrict_flags(const struct profile *p,
                           const struct profile_location *location,
                           struct profile_mapping *mapping)
{
    if (location->n_lines == 0)
        mapping->has_functions = mapping->has_filenames =
            mapping->has_line_numbers = false;
    for (uint32_t i = 0; i < location->n_lines; i++) {
        const struct profile_line *line = &location->lines[i];
        const struct profile_function *function =
            line->function ? profile_get_function(p, line->function) : NULL;
        mapping->has_functions &= function && function->name != 0;
        mapping->has_filenames &= function && function->filename != 0;
        mapping->has_line_numbers &= line->line != 0;
    }
    mapping->has_inline_frames |= location->n_lines > 1;
}

void profile_flag_mappings(struct profile *p)
{
    uint32_t n = profile_n_locations(p);
    for (uint32_t id = 1; id <= n; id++) {
        struct profile_mapping *mapping = mapping_of_location(p, id);
        if (mapping)
            mapping->has_functions = mapping->has_filenames =
                mapping->has_line_numbers = true;
    }
    for (uint32_t id = 1; id <= n; id++) {
        struct profile_mapping *mapping = mapping_of_location(p, id);
        struct profile_location location = profile_get_location(p, id);
        if (mapping)
            restrict_flags(p, &location, mapping);
    }
}

void profile_keep_samples(
    struct profile *p,
    bool (*is_wanted)(void *ctx, const struct profile_sample *sample),
    void *ctx)
{
    size_t n_types = p->sample_types.n, n_kept = 0;
    for (uint32_t i = 0; i < profile_n_samples(p); i++) {
        struct profile_sample sample = profile_get_sample(p, i);
        if (!is_wanted(ctx, &sample))
            continue;
        *AT(p->samples, struct sample, n_kept) =
            *AT(p->samples, struct sample, i);
        memmove(AT(p->sample_values, int64_t, n_kept * n_types), sample.values,
                n_types * sizeof(int64_t));
        n_kept++;
    }
    p->samples.n = n_kept;
    p->sample_values.n = n_kept * n_types;
}
