/* profile.h -- the profile model: every capture produces a profile, every
 * exporter reads one.
 *
 * The model mirrors the pprof format (profile.proto), so a profile of any other
 * program can be read into it:
 *
 *   sample --> locations --> lines --> functions --> strings
 *      |           '--> mapping
 *      '--> labels, values (one per sample type)
 *
 * Ids are positions that start at 1; 0 means none. String id 0 is "". Equal
 * strings, mappings, functions, locations and samples (same stack, same labels)
 * are stored once: adding an equal entry returns the first entry's id, and
 * adding an equal sample adds its values to those of the first.
 *
 * One thread builds a profile. After the builder has handed the profile on,
 * nobody changes it, and any thread may read it. Every builder function returns
 * 0 or false if out of memory, and profile_failed then stays true, so a builder
 * checks once, at the end.
 *
 * Path: sample/build/, pprof_read.c -> [profile] -> export/
 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct profile;

struct profile_value_type {
    uint32_t type; /* string id: "cpu" */
    uint32_t unit; /* string id: "nanoseconds" */
};

struct profile_mapping {
    uint64_t start, limit, offset; /* of the mapped range, in bytes */
    uint32_t filename, build_id;   /* string ids */
    bool has_functions, has_filenames, has_line_numbers, has_inline_frames;
};

struct profile_function {
    uint32_t name, system_name, filename; /* string ids */
    int64_t start_line;
};

struct profile_line {
    uint32_t function; /* function id */
    int64_t line;
    int64_t column;
};

struct profile_location {
    uint32_t mapping; /* mapping id or 0 */
    uint64_t address;
    const struct profile_line *lines; /* innermost (inlined) first */
    uint32_t n_lines;
    bool is_folded;
};

struct profile_label {
    uint32_t key;      /* string id */
    uint32_t str;      /* string id; 0 means that the label is numeric */
    int64_t num;       /* value of a numeric label */
    uint32_t num_unit; /* string id or 0 */
};

struct profile_sample {
    const uint32_t *locations; /* location ids, leaf first */
    uint32_t n_locations;
    const struct profile_label *labels;
    uint32_t n_labels;
    const int64_t *values; /* one per sample type */
};

/* The fields of the profile as a whole. */
struct profile_header {
    int64_t time_ns;     /* start of the recording, since 1970 */
    int64_t duration_ns; /* 0 for a profile of no duration */
    struct profile_value_type period_type; /* zeros: none */
    int64_t period;
    uint32_t default_sample_type;               /* string id or 0 */
    uint32_t drop_frames, keep_frames, doc_url; /* string ids or 0 */
};

/* ---- building */

/* Returns an empty profile, NULL if out of memory. The caller frees it with
 * profile_free, which ignores NULL. */
struct profile *profile_new(void);
void profile_free(struct profile *p);

/* Returns true if any builder function has failed. */
bool profile_failed(const struct profile *p);

/* Returns the header, for the builder to fill in. */
struct profile_header *profile_header(struct profile *p);

/* Returns the id of a string of `len` bytes, which may contain NUL. */
uint32_t profile_string(struct profile *p, const char *s, size_t len);
/* Returns the id of a string that ends with NUL. */
uint32_t profile_text(struct profile *p, const char *text);
/* Sample types are added before the first sample. */
bool profile_add_sample_type(struct profile *p, const char *type,
                             const char *unit);
bool profile_add_sample_type_ids(struct profile *p,
                                 struct profile_value_type type);
bool profile_add_comment(struct profile *p, const char *text);
bool profile_add_comment_id(struct profile *p, uint32_t string);
uint32_t profile_add_mapping(struct profile *p,
                             const struct profile_mapping *mapping);
uint32_t profile_add_function(struct profile *p,
                              const struct profile_function *function);
/* Copies the lines too. */
uint32_t profile_add_location(struct profile *p,
                              const struct profile_location *location);
/* Copies the locations, labels and values too. The order of the labels does not
 * matter: they are sorted. */
bool profile_add_sample(struct profile *p, const struct profile_sample *sample);
/* Sets the has_* flags of each mapping to what its locations have. A flag is
 * true if it is true of all locations of the mapping, because pprof looks up
 * nothing in a mapping that has a flag; has_inline_frames is true if any
 * location has inlined functions. Called when all locations are added. */
void profile_flag_mappings(struct profile *p);
/* Removes the samples for which `is_wanted` returns false. Entries that only
 * the removed samples refer to stay. This is the last step of building: no
 * sample can be added after it. */
void profile_keep_samples(
    struct profile *p,
    bool (*is_wanted)(void *ctx, const struct profile_sample *sample),
    void *ctx);

/* ---- reading
 *
 * Ids of mappings, functions and locations run from 1 to their number. Samples,
 * sample types and comments are numbered from 0. What is returned lives as long
 * as the profile, or until the builder's next call. */

/* Returns the number of strings, "" included: valid ids are below it. */
uint32_t profile_n_strings(const struct profile *p);
/* Sets `*len`, unless `len` is NULL, to the length: a string may contain NUL.
 */
const char *profile_get_string(const struct profile *p, uint32_t id,
                               size_t *len);
const struct profile_header *profile_get_header(const struct profile *p);
uint32_t profile_n_sample_types(const struct profile *p);
struct profile_value_type profile_get_sample_type(const struct profile *p,
                                                  uint32_t i);
/* Returns the position of the sample type of this name, or the number of sample
 * types if there is none. */
uint32_t profile_find_sample_type(const struct profile *p, const char *name);
/* Checks the option sample_index of exporters. Returns false and sets err,
 * which lists the sample types, unless `wanted` is empty, a name or a
 * position. */
bool profile_check_sample_index(const struct profile *p, const char *wanted,
                                struct err *err);
uint32_t profile_n_comments(const struct profile *p);
uint32_t profile_get_comment(const struct profile *p, uint32_t i);
uint32_t profile_n_mappings(const struct profile *p);
const struct profile_mapping *profile_get_mapping(const struct profile *p,
                                                  uint32_t id);
uint32_t profile_n_functions(const struct profile *p);
const struct profile_function *profile_get_function(const struct profile *p,
                                                    uint32_t id);
/* Returns true if `function` is one of C under the name by which scripts call
 * it, "string.format": then its symbol has another name. */
bool profile_is_named_by_script(const struct profile *p,
                                const struct profile_function *function);
uint32_t profile_n_locations(const struct profile *p);
struct profile_location profile_get_location(const struct profile *p,
                                             uint32_t id);
uint32_t profile_n_samples(const struct profile *p);
struct profile_sample profile_get_sample(const struct profile *p, uint32_t i);

#endif
