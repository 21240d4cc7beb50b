/* pprof_read.c -- reads the file in four passes over its top level.
 *
 * An entry may refer to entries that come later in the file. So the first pass
 * reads the strings; the second reads entries that refer to strings only
 * (sample types, mappings, functions, header fields); the third reads
 * locations, which refer to mappings and functions; the fourth reads samples.
 * Only the entry at hand is decoded, so besides the file and the profile the
 * reader needs little memory.
 *
 * The numbers of the fields are those of proto/profile.proto.
 */
#include "profile/pprof_read.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/gzip.h"
#include "profile/id_map.h"
#include "profile/profile.h"
#include "profile/wire.h"

static const size_t LIMIT_BYTES = (size_t)1 << 30;

/* The repeated fields of the location or sample that is being read. */
struct scratch {
    uint32_t *locations;
    int64_t *values;
    struct profile_label *labels;
    struct profile_line *lines;
    size_t n_locations, n_values, n_labels, n_lines;
    size_t max_locations, max_values, max_labels, max_lines;
};

struct reader {
    struct profile *p;
    struct err *err;
    uint32_t *strings; /* the model's id of each string of the file */
    size_t n_strings, max_strings;
    struct id_map mappings, functions, locations;
    struct scratch scratch;
    uint32_t n_samples;
};

/* ---- errors, ids and fields */

static bool out_of_memory(struct reader *r)
{
    return err_set(r->err, "out of memory for the profile");
}

static bool damaged(struct reader *r, const char *what)
{
    return err_set(r->err, "not a pprof profile: %s is damaged or cut short",
                   what);
}

/* Makes room for one more entry of `size` bytes. Returns false if out of
 * memory. */
static bool reserve_one(void **array, size_t n, size_t *max, size_t size)
{
    if (n < *max)
        return true;
    size_t wanted = *max ? *max * 2 : 64;
    void *grown = realloc(*array, wanted * size);
    if (!grown)
        return false;
    *array = grown;
    *max = wanted;
    return true;
}

static bool map_add(struct reader *r, struct id_map *map, const char *what,
                    uint64_t file_id, uint32_t id)
{
    if (id == 0)
        return out_of_memory(r);
    if (file_id == 0)
        return err_set(r->err, "a %s has id 0, which stands for none", what);
    if (id_map_find(map, file_id))
        return err_set(r->err, "two %ss have id %" PRIu64, what, file_id);
    return id_map_add(map, file_id, id) || out_of_memory(r);
}

/* Translates the position of a string in the file into the model's id. */
static bool string_at(struct reader *r, uint64_t position, uint32_t *id)
{
    if (position >= r->n_strings)
        return err_set(r->err,
                       "string %" PRIu64 " is beyond the table of %zu strings",
                       position, r->n_strings);
    *id = r->strings[position];
    return true;
}

/* The known fields of a message, bit n for field n, by the wire types that they
 * may have. Repeated numbers may be packed or not, so they are in both sets. */
struct shape {
    const char *what;
    uint32_t varints, bytes;
};

#define BIT(n) (1u << (n))
/* The bits a to b. */
#define BITS(a, b) ((BIT(b) << 1) - BIT(a))

static const struct shape VALUE_TYPE = {"a value type", BITS(1, 2), 0};
static const struct shape MAPPING = {"a mapping", BITS(1, 10), 0};
static const struct shape FUNCTION = {"a function", BITS(1, 5), 0};
static const struct shape LINE = {"a line", BITS(1, 3), 0};
static const struct shape LOCATION = {"a location", BITS(1, 3) | BIT(5),
                                      BIT(4)};
static const struct shape LABEL = {"a label", BITS(1, 4), 0};
static const struct shape SAMPLE = {"a sample", BITS(1, 2), BITS(1, 3)};
static const struct shape PROFILE = {"the file", BITS(7, 10) | BITS(12, 15),
                                     BITS(1, 6) | BIT(11) | BIT(13)};

static bool has_known_type(const struct shape *shape,
                           const struct wire_field *field)
{
    uint32_t bit = field->number < 32 ? BIT(field->number) : 0;
    bool is_known = bit & (shape->varints | shape->bytes);
    return !is_known || (field->type == WIRE_VARINT && bit & shape->varints) ||
           (field->type == WIRE_BYTES && bit & shape->bytes);
}

typedef bool (*field_fn)(struct reader *r, const struct wire_field *field,
                         void *ctx);

/* Calls `fn` for each field of a message, unknown fields included. Returns
 * false if the message is damaged or `fn` returns false. */
static bool each_field(struct reader *r, struct wire message,
                       const struct shape *shape, field_fn fn, void *ctx)
{
    struct wire_field field;
    for (;;) {
        switch (wire_next(&message, &field)) {
        case WIRE_END:
            return true;
        case WIRE_DAMAGED:
            return damaged(r, shape->what);
        case WIRE_FIELD:
            if (!has_known_type(shape, &field))
                return damaged(r, shape->what);
            if (!fn(r, &field, ctx))
                return false;
        }
    }
}

typedef bool (*number_fn)(struct reader *r, uint64_t number);

/* Calls `fn` for each number of a repeated field, packed or not. */
static bool each_number(struct reader *r, const struct wire_field *field,
                        const char *what, number_fn fn)
{
    if (field->type != WIRE_BYTES)
        return fn(r, field->value);
    struct wire packed = field->bytes;
    while (packed.at < packed.end) {
        uint64_t number;
        if (!wire_varint(&packed, &number))
            return damaged(r, what);
        if (!fn(r, number))
            return false;
    }
    return true;
}

/* ---- pass 1: strings */

static bool read_string_table(struct reader *r, const struct wire_field *f,
                              void *ctx)
{
    (void)ctx;
    if (f->number != 6)
        return true;
    size_t len = (size_t)(f->bytes.end - f->bytes.at);
    if (r->n_strings == 0 && len != 0)
        return err_set(r->err, "the first string of the table must be empty");
    if (!reserve_one((void **)&r->strings, r->n_strings, &r->max_strings,
                     sizeof *r->strings))
        return out_of_memory(r);
    uint32_t id = profile_string(r->p, (const char *)f->bytes.at, len);
    if (profile_failed(r->p))
        return out_of_memory(r);
    r->strings[r->n_strings++] = id;
    return true;
}

/* ---- pass 2: entries that refer to strings only */

static bool read_value_type_field(struct reader *r, const struct wire_field *f,
                                  void *ctx)
{
    struct profile_value_type *type = ctx;
    if (f->number == 1)
        return string_at(r, f->value, &type->type);
    if (f->number == 2)
        return string_at(r, f->value, &type->unit);
    return true;
}

static bool read_value_type(struct reader *r, const struct wire_field *f,
                            struct profile_value_type *type)
{
    *type = (struct profile_value_type){0};
    return each_field(r, f->bytes, &VALUE_TYPE, read_value_type_field, type);
}

static bool add_sample_type(struct reader *r, const struct wire_field *f)
{
    struct profile_value_type type;
    if (!read_value_type(r, f, &type))
        return false;
    return profile_add_sample_type_ids(r->p, type) || out_of_memory(r);
}

static bool add_comment(struct reader *r, uint64_t position)
{
    uint32_t id = 0;
    return string_at(r, position, &id) &&
           (profile_add_comment_id(r->p, id) || out_of_memory(r));
}

struct mapping_at_hand {
    struct profile_mapping mapping;
    uint64_t id;
};

static bool read_mapping_field(struct reader *r, const struct wire_field *f,
                               void *ctx)
{
    struct mapping_at_hand *m = ctx;
    switch (f->number) {
    case 1:
        m->id = f->value;
        return true;
    case 2:
        m->mapping.start = f->value;
        return true;
    case 3:
        m->mapping.limit = f->value;
        return true;
    case 4:
        m->mapping.offset = f->value;
        return true;
    case 5:
        return string_at(r, f->value, &m->mapping.filename);
    case 6:
        return string_at(r, f->value, &m->mapping.build_id);
    case 7:
        m->mapping.has_functions = f->value;
        return true;
    case 8:
        m->mapping.has_filenames = f->value;
        return true;
    case 9:
        m->mapping.has_line_numbers = f->value;
        return true;
    case 10:
        m->mapping.has_inline_frames = f->value;
        return true;
    default:
        return true;
    }
}

static bool read_mapping(struct reader *r, const struct wire_field *f)
{
    struct mapping_at_hand m = {0};
    return each_field(r, f->bytes, &MAPPING, read_mapping_field, &m) &&
           map_add(r, &r->mappings, "mapping", m.id,
                   profile_add_mapping(r->p, &m.mapping));
}

struct function_at_hand {
    struct profile_function function;
    uint64_t id;
};

static bool read_function_field(struct reader *r, const struct wire_field *f,
                                void *ctx)
{
    struct function_at_hand *fn = ctx;
    switch (f->number) {
    case 1:
        fn->id = f->value;
        return true;
    case 2:
        return string_at(r, f->value, &fn->function.name);
    case 3:
        return string_at(r, f->value, &fn->function.system_name);
    case 4:
        return string_at(r, f->value, &fn->function.filename);
    case 5:
        fn->function.start_line = (int64_t)f->value;
        return true;
    default:
        return true;
    }
}

static bool read_function(struct reader *r, const struct wire_field *f)
{
    struct function_at_hand fn = {0};
    return each_field(r, f->bytes, &FUNCTION, read_function_field, &fn) &&
           map_add(r, &r->functions, "function", fn.id,
                   profile_add_function(r->p, &fn.function));
}

static bool read_simple(struct reader *r, const struct wire_field *f, void *ctx)
{
    struct profile_header *h = ctx;
    switch (f->number) {
    case 1:
        return add_sample_type(r, f);
    case 3:
        return read_mapping(r, f);
    case 5:
        return read_function(r, f);
    case 7:
        return string_at(r, f->value, &h->drop_frames);
    case 8:
        return string_at(r, f->value, &h->keep_frames);
    case 9:
        h->time_ns = (int64_t)f->value;
        return true;
    case 10:
        h->duration_ns = (int64_t)f->value;
        return true;
    case 11:
        return read_value_type(r, f, &h->period_type);
    case 12:
        h->period = (int64_t)f->value;
        return true;
    case 13:
        return each_number(r, f, "the comments", add_comment);
    case 14:
        return string_at(r, f->value, &h->default_sample_type);
    case 15:
        return string_at(r, f->value, &h->doc_url);
    default:
        return true;
    }
}

/* ---- pass 3: locations */

static bool read_line_field(struct reader *r, const struct wire_field *f,
                            void *ctx)
{
    struct profile_line *line = ctx;
    if (f->number == 1) {
        line->function = id_map_find(&r->functions, f->value);
        if (line->function == 0 && f->value != 0)
            return err_set(
                r->err, "a location's function %" PRIu64 " is not in the file",
                f->value);
    } else if (f->number == 2) {
        line->line = (int64_t)f->value;
    } else if (f->number == 3) {
        line->column = (int64_t)f->value;
    }
    return true;
}

static bool read_line(struct reader *r, const struct wire_field *f)
{
    struct scratch *s = &r->scratch;
    if (!reserve_one((void **)&s->lines, s->n_lines, &s->max_lines,
                     sizeof *s->lines))
        return out_of_memory(r);
    struct profile_line *line = &s->lines[s->n_lines++];
    *line = (struct profile_line){0};
    if (!each_field(r, f->bytes, &LINE, read_line_field, line))
        return false;
    return line->function != 0 ||
           err_set(r->err, "a location's line has no function");
}

struct location_at_hand {
    struct profile_location location;
    uint64_t id;
};

static bool read_location_field(struct reader *r, const struct wire_field *f,
                                void *ctx)
{
    struct location_at_hand *l = ctx;
    switch (f->number) {
    case 1:
        l->id = f->value;
        return true;
    case 2:
        l->location.mapping = id_map_find(&r->mappings, f->value);
        return l->location.mapping != 0 || f->value == 0 ||
               err_set(r->err,
                       "a location's mapping %" PRIu64 " is not in the file",
                       f->value);
    case 3:
        l->location.address = f->value;
        return true;
    case 4:
        return read_line(r, f);
    case 5:
        l->location.is_folded = f->value;
        return true;
    default:
        return true;
    }
}

static bool read_location(struct reader *r, const struct wire_field *f,
                          void *ctx)
{
    struct location_at_hand l = {0};
    (void)ctx;
    if (f->number != 4)
        return true;
    r->scratch.n_lines = 0;
    if (!each_field(r, f->bytes, &LOCATION, read_location_field, &l))
        return false;
    l.location.lines = r->scratch.lines;
    l.location.n_lines = (uint32_t)r->scratch.n_lines;
    return map_add(r, &r->locations, "location", l.id,
                   profile_add_location(r->p, &l.location));
}

/* ---- pass 4: samples */

static bool add_sample_location(struct reader *r, uint64_t file_id)
{
    struct scratch *s = &r->scratch;
    uint32_t id = id_map_find(&r->locations, file_id);
    if (id == 0)
        return err_set(r->err,
                       "sample %" PRIu32 ": location %" PRIu64
                       " is not in the file",
                       r->n_samples, file_id);
    if (!reserve_one((void **)&s->locations, s->n_locations, &s->max_locations,
                     sizeof *s->locations))
        return out_of_memory(r);
    s->locations[s->n_locations++] = id;
    return true;
}

static bool wrong_n_values(struct reader *r, const char *how_many)
{
    return err_set(r->err,
                   "sample %" PRIu32 " has %s values than the %" PRIu32
                   " sample types of the file",
                   r->n_samples, how_many, profile_n_sample_types(r->p));
}

static bool add_sample_value(struct reader *r, uint64_t value)
{
    struct scratch *s = &r->scratch;
    if (s->n_values == profile_n_sample_types(r->p))
        return wrong_n_values(r, "more");
    if (!reserve_one((void **)&s->values, s->n_values, &s->max_values,
                     sizeof *s->values))
        return out_of_memory(r);
    s->values[s->n_values++] = (int64_t)value;
    return true;
}

static bool read_label_field(struct reader *r, const struct wire_field *f,
                             void *ctx)
{
    struct profile_label *label = ctx;
    switch (f->number) {
    case 1:
        return string_at(r, f->value, &label->key);
    case 2:
        return string_at(r, f->value, &label->str);
    case 3:
        label->num = (int64_t)f->value;
        return true;
    case 4:
        return string_at(r, f->value, &label->num_unit);
    default:
        return true;
    }
}

static bool read_label(struct reader *r, const struct wire_field *f)
{
    struct scratch *s = &r->scratch;
    if (!reserve_one((void **)&s->labels, s->n_labels, &s->max_labels,
                     sizeof *s->labels))
        return out_of_memory(r);
    struct profile_label *label = &s->labels[s->n_labels++];
    *label = (struct profile_label){0};
    return each_field(r, f->bytes, &LABEL, read_label_field, label);
}

static bool read_sample_field(struct reader *r, const struct wire_field *f,
                              void *ctx)
{
    (void)ctx;
    switch (f->number) {
    case 1:
        return each_number(r, f, "a sample", add_sample_location);
    case 2:
        return each_number(r, f, "a sample", add_sample_value);
    case 3:
        return read_label(r, f);
    default:
        return true;
    }
}

static bool read_sample(struct reader *r, const struct wire_field *f, void *ctx)
{
    struct scratch *s = &r->scratch;
    (void)ctx;
    if (f->number != 2)
        return true;
    s->n_locations = s->n_values = s->n_labels = 0;
    if (!each_field(r, f->bytes, &SAMPLE, read_sample_field, NULL))
        return false;
    if (s->n_values != profile_n_sample_types(r->p))
        return wrong_n_values(r, "fewer");
    struct profile_sample sample = {
        .locations = s->locations,
        .n_locations = (uint32_t)s->n_locations,
        .labels = s->labels,
        .n_labels = (uint32_t)s->n_labels,
        .values = s->values,
    };
    r->n_samples++;
    return profile_add_sample(r->p, &sample) || out_of_memory(r);
}

/* ---- the whole file */

/* A message quotes up to so many bytes of a file that is a text. */
enum { SHOWN_BYTES = 40 };

/* Returns the length of the first line, at most SHOWN_BYTES, or 0 if the line
 * is not plain text. */
static int first_line(struct wire file)
{
    int n = 0;
    for (; file.at + n < file.end && n < SHOWN_BYTES; n++) {
        unsigned char c = file.at[n];
        if (c == '\n' || c == '\r')
            break;
        if ((c < ' ' && c != '\t') || c >= 127)
            return 0;
    }
    return n;
}

/* Returns false. If the file begins with text (an error page, a script),
 * replaces the error about damage by one that quotes the text. */
static bool refuse_text(struct reader *r, struct wire file)
{
    while (file.at < file.end && isspace(*file.at))
        file.at++;
    int n = first_line(file);
    if (n == 0 || r->n_strings > 0)
        return false;
    return err_set(r->err, "not a pprof profile: it begins with '%.*s'", n,
                   (const char *)file.at);
}

static bool read_file_passes(struct reader *r, struct wire file)
{
    if (file.at == file.end)
        return err_set(r->err, "not a pprof profile: it is empty");
    if (!each_field(r, file, &PROFILE, read_string_table, NULL))
        return refuse_text(r, file);
    if (r->n_strings == 0)
        return err_set(r->err, "not a pprof profile: it has no string table");
    if (!each_field(r, file, &PROFILE, read_simple, profile_header(r->p)))
        return false;
    if (profile_n_sample_types(r->p) == 0)
        return err_set(r->err, "not a pprof profile: it has no sample types");
    return each_field(r, file, &PROFILE, read_location, NULL) &&
           each_field(r, file, &PROFILE, read_sample, NULL);
}

static void reader_fini(struct reader *r)
{
    free(r->strings);
    id_map_fini(&r->mappings);
    id_map_fini(&r->functions);
    id_map_fini(&r->locations);
    free(r->scratch.locations);
    free(r->scratch.values);
    free(r->scratch.labels);
    free(r->scratch.lines);
}

struct profile *pprof_read(const void *data, size_t n, struct err *err)
{
    struct buf unpacked = BUF_INIT;
    struct reader r = {.p = profile_new(), .err = err};
    bool read = r.p || out_of_memory(&r);
    if (read && gzip_is(data, n)) {
        read = gzip_decompress(data, n, LIMIT_BYTES, &unpacked, err);
        data = unpacked.data;
        n = unpacked.len;
    }
    struct wire file = {data, (const unsigned char *)data + n};
    read = read && read_file_passes(&r, file);
    reader_fini(&r);
    buf_fini(&unpacked);
    if (read)
        return r.p;
    profile_free(r.p);
    return NULL;
}
