/* pprof_read.c -- tests of profile/pprof_read.c, on files that protobuf-c
 * writes: what is in them, what is wrong in them, and damage of any kind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/gzip.h"
#include "profile.pb-c.h"
#include "profile/pprof_read.h"
#include "profile/profile.h"

/* Strings of the file by position; positions are what the file's fields hold.
 * The one with a NUL in it is why the table is of bytes. */
static const struct {
    const char *s;
    size_t len;
} STRINGS[] = {
    {"", 0},       {"samples", 7}, {"count", 5},       {"cpu", 3},
    {"ns", 2},     {"a\0b", 3},    {"main.c", 6},      {"/bin/app", 8},
    {"abcd", 4},   {"route", 5},   {"/data", 5},       {"bytes", 5},
    {"drop.*", 6}, {"keep.*", 6},  {"a comment", 9},   {"cpu", 3},
    {"outer", 5},  {"_Zouter", 7}, {"https://doc", 11}};
enum { N_STRINGS = sizeof STRINGS / sizeof *STRINGS };

/* A profile that has one of everything, as protobuf-c holds it. */
struct file {
    Perftools__Profiles__Profile profile;
    Perftools__Profiles__ValueType types[2], period_type;
    Perftools__Profiles__Mapping mappings[2];
    Perftools__Profiles__Function functions[2];
    Perftools__Profiles__Location locations[2];
    Perftools__Profiles__Line lines[3];
    Perftools__Profiles__Sample samples[2];
    Perftools__Profiles__Label labels[2];
    ProtobufCBinaryData strings[N_STRINGS];
    int64_t comments[1], values[2][2];
    uint64_t stacks[2][2];
    Perftools__Profiles__ValueType *type_pointers[2];
    Perftools__Profiles__Mapping *mapping_pointers[2];
    Perftools__Profiles__Function *function_pointers[2];
    Perftools__Profiles__Location *location_pointers[2];
    Perftools__Profiles__Line *line_pointers[3];
    Perftools__Profiles__Sample *sample_pointers[2];
    Perftools__Profiles__Label *label_pointers[2];
};

static void fill_header(struct file *f)
{
    Perftools__Profiles__Profile *p = &f->profile;
    for (int i = 0; i < 2; i++) {
        perftools__profiles__value_type__init(&f->types[i]);
        f->types[i].type = 1 + 2 * i;
        f->types[i].unit = 2 + 2 * i;
        f->type_pointers[i] = &f->types[i];
    }
    perftools__profiles__value_type__init(&f->period_type);
    f->period_type.type = 3;
    f->period_type.unit = 4;
    p->n_sample_type = 2;
    p->sample_type = f->type_pointers;
    p->period_type = &f->period_type;
    p->period = -1;
    p->time_nanos = INT64_MAX;
    p->duration_nanos = 5;
    p->drop_frames = 12;
    p->keep_frames = 13;
    p->default_sample_type = 3;
    p->doc_url = 18;
    f->comments[0] = 14;
    p->n_comment = 1;
    p->comment = f->comments;
    for (int i = 0; i < N_STRINGS; i++)
        f->strings[i] =
            (ProtobufCBinaryData){STRINGS[i].len, (uint8_t *)STRINGS[i].s};
    p->n_string_table = N_STRINGS;
    p->string_table = f->strings;
}

/* Ids need be neither small nor in order. */
static void fill_tables(struct file *f)
{
    static const uint64_t MAPPINGS[] = {7, UINT64_MAX}, FUNCTIONS[] = {2, 1};
    for (int i = 0; i < 2; i++) {
        perftools__profiles__mapping__init(&f->mappings[i]);
        f->mappings[i].id = MAPPINGS[i];
        f->mappings[i].memory_start = (uint64_t)i << 63;
        f->mappings[i].filename = 7;
        f->mapping_pointers[i] = &f->mappings[i];
        perftools__profiles__function__init(&f->functions[i]);
        f->functions[i].id = FUNCTIONS[i];
        f->functions[i].name = i ? 16 : 5;
        f->functions[i].system_name = i ? 17 : 0;
        f->functions[i].filename = 6;
        f->functions[i].start_line = 10;
        f->function_pointers[i] = &f->functions[i];
    }
    f->mappings[0].memory_limit = 0x2000;
    f->mappings[0].file_offset = 0x100;
    f->mappings[0].build_id = 8;
    f->mappings[0].has_functions = f->mappings[0].has_line_numbers = true;
    f->mappings[1].has_filenames = f->mappings[1].has_inline_frames = true;
    f->profile.n_mapping = f->profile.n_function = 2;
    f->profile.mapping = f->mapping_pointers;
    f->profile.function = f->function_pointers;
}

static void fill_locations(struct file *f)
{
    for (int i = 0; i < 3; i++) {
        perftools__profiles__line__init(&f->lines[i]);
        f->lines[i].function_id = i == 1 ? 1 : 2;
        f->lines[i].line = 11 + i;
        f->lines[i].column = i;
        f->line_pointers[i] = &f->lines[i];
    }
    for (int i = 0; i < 2; i++) {
        perftools__profiles__location__init(&f->locations[i]);
        f->locations[i].id = 100 + (uint64_t)i;
        f->location_pointers[i] = &f->locations[i];
    }
    f->locations[0].mapping_id = 7;
    f->locations[0].address = 0x1234;
    f->locations[0].n_line = 2;
    f->locations[0].line = f->line_pointers;
    f->locations[1].n_line = 1;
    f->locations[1].line = f->line_pointers + 2;
    f->locations[1].is_folded = true;
    f->profile.n_location = 2;
    f->profile.location = f->location_pointers;
}

static void fill_samples(struct file *f)
{
    for (int i = 0; i < 2; i++) {
        perftools__profiles__sample__init(&f->samples[i]);
        f->sample_pointers[i] = &f->samples[i];
        f->stacks[i][0] = 100;
        f->stacks[i][1] = 101;
        f->values[i][0] = 1 + i;
        f->values[i][1] = -10;
        f->samples[i].n_location_id = 2 - (size_t)i;
        f->samples[i].location_id = f->stacks[i];
        f->samples[i].n_value = 2;
        f->samples[i].value = f->values[i];
        perftools__profiles__label__init(&f->labels[i]);
        f->label_pointers[i] = &f->labels[i];
    }
    f->labels[0].key = 9;
    f->labels[0].str = 10;
    f->labels[1].key = 11;
    f->labels[1].num = -4096;
    f->labels[1].num_unit = 11;
    f->samples[1].n_label = 2;
    f->samples[1].label = f->label_pointers;
    f->profile.n_sample = 2;
    f->profile.sample = f->sample_pointers;
}

static void fill(struct file *f)
{
    memset(f, 0, sizeof *f);
    perftools__profiles__profile__init(&f->profile);
    fill_header(f);
    fill_tables(f);
    fill_locations(f);
    fill_samples(f);
}

/* The file's bytes, for free(). */
static unsigned char *pack(const struct file *f, size_t *n)
{
    *n = perftools__profiles__profile__get_packed_size(&f->profile);
    unsigned char *bytes = malloc(*n);
    assert_non_null(bytes);
    perftools__profiles__profile__pack(&f->profile, bytes);
    return bytes;
}

static void assert_string(const struct profile *p, uint32_t id,
                          const char *expected, size_t expected_len)
{
    size_t len;
    const char *s = profile_get_string(p, id, &len);
    assert_int_equal(len, expected_len);
    assert_memory_equal(s, expected, len);
}

static void assert_text(const struct profile *p, uint32_t id, const char *text)
{
    assert_string(p, id, text, strlen(text));
}

static void check_header(const struct profile *p)
{
    const struct profile_header *h = profile_get_header(p);
    assert_int_equal(profile_n_sample_types(p), 2);
    assert_text(p, profile_get_sample_type(p, 0).type, "samples");
    assert_text(p, profile_get_sample_type(p, 1).unit, "ns");
    assert_text(p, h->period_type.type, "cpu");
    assert_int_equal(h->period, -1);
    assert_true(h->time_ns == INT64_MAX);
    assert_int_equal(h->duration_ns, 5);
    assert_text(p, h->drop_frames, "drop.*");
    assert_text(p, h->keep_frames, "keep.*");
    assert_text(p, h->doc_url, "https://doc");
    assert_text(p, h->default_sample_type, "cpu");
    assert_int_equal(profile_n_comments(p), 1);
    assert_text(p, profile_get_comment(p, 0), "a comment");
}

static void check_tables(const struct profile *p)
{
    assert_int_equal(profile_n_mappings(p), 2);
    const struct profile_mapping *m = profile_get_mapping(p, 1);
    assert_int_equal(m->limit, 0x2000);
    assert_int_equal(m->offset, 0x100);
    assert_text(p, m->filename, "/bin/app");
    assert_text(p, m->build_id, "abcd");
    assert_true(m->has_functions && !m->has_filenames && m->has_line_numbers &&
                !m->has_inline_frames);
    m = profile_get_mapping(p, 2);
    assert_true(m->start == UINT64_C(1) << 63);
    assert_true(!m->has_functions && m->has_filenames && !m->has_line_numbers &&
                m->has_inline_frames);
    assert_int_equal(profile_n_functions(p), 2);
    const struct profile_function *fn = profile_get_function(p, 1);
    assert_string(p, fn->name, "a\0b", 3);
    assert_text(p, fn->filename, "main.c");
    assert_int_equal(fn->start_line, 10);
    assert_text(p, profile_get_function(p, 2)->system_name, "_Zouter");
}

static void check_locations(const struct profile *p)
{
    assert_int_equal(profile_n_locations(p), 2);
    struct profile_location l = profile_get_location(p, 1);
    assert_int_equal(l.mapping, 1);
    assert_int_equal(l.address, 0x1234);
    assert_int_equal(l.n_lines, 2);
    assert_int_equal(l.lines[0].function, 1);
    assert_int_equal(l.lines[1].function, 2);
    assert_int_equal(l.lines[1].line, 12);
    assert_int_equal(l.lines[1].column, 1);
    assert_false(l.is_folded);
    l = profile_get_location(p, 2);
    assert_int_equal(l.mapping, 0);
    assert_true(l.is_folded);
}

static void check_samples(const struct profile *p)
{
    assert_int_equal(profile_n_samples(p), 2);
    struct profile_sample s = profile_get_sample(p, 0);
    assert_int_equal(s.n_locations, 2);
    assert_int_equal(s.locations[0], 1);
    assert_int_equal(s.locations[1], 2);
    assert_int_equal(s.values[1], -10);
    assert_int_equal(s.n_labels, 0);
    s = profile_get_sample(p, 1);
    assert_int_equal(s.n_locations, 1);
    assert_int_equal(s.n_labels, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct profile_label *label = &s.labels[i];
        bool is_route = label->str;
        assert_text(p, label->key, is_route ? "route" : "bytes");
        assert_text(p, label->str, is_route ? "/data" : "");
        assert_int_equal(label->num, is_route ? 0 : -4096);
        assert_text(p, label->num_unit, is_route ? "" : "bytes");
    }
}

static void check_all(const struct profile *p)
{
    check_header(p);
    check_tables(p);
    check_locations(p);
    check_samples(p);
}

static void reads_everything(void **state)
{
    struct file f;
    struct err err = {0};
    size_t n;
    (void)state;
    fill(&f);
    unsigned char *bytes = pack(&f, &n);
    struct profile *p = pprof_read(bytes, n, &err);
    assert_non_null(p);
    check_all(p);
    profile_free(p);

    struct buf zipped = BUF_INIT;
    assert_true(gzip_compress(bytes, n, 6, &zipped, &err));
    p = pprof_read(zipped.data, zipped.len, &err);
    assert_non_null(p);
    check_all(p);
    profile_free(p);
    buf_fini(&zipped);
    free(bytes);
}

/* Messages concatenate, and fields may come in any order: whatever is referred
 * to may come later. */
static void reads_in_any_order(void **state)
{
    struct file head, tail;
    struct err err = {0};
    size_t n_head, n_tail;
    (void)state;
    fill(&head);
    head.profile.n_string_table = head.profile.n_location = 0;
    head.profile.n_function = head.profile.n_mapping = 0;
    fill(&tail);
    tail.profile.n_sample_type = tail.profile.n_sample = 0;
    tail.profile.n_comment = 0;
    unsigned char *a = pack(&head, &n_head), *b = pack(&tail, &n_tail);
    a = realloc(a, n_head + n_tail);
    assert_non_null(a);
    memcpy(a + n_head, b, n_tail);
    struct profile *p = pprof_read(a, n_head + n_tail, &err);
    assert_non_null(p);
    check_all(p);
    profile_free(p);
    free(a);
    free(b);
}

/* Packing is protobuf-c's choice; others write each number with its tag. */
static void reads_numbers_that_are_not_packed(void **state)
{
    static const unsigned char FILE_BYTES[] = {
        0x32, 0,                               /* string_table: "" */
        0x0a, 0,                               /* sample_type */
        0x22, 2, 0x08, 5,                      /* location 5 */
        0x12, 6, 0x08, 5, 0x08, 5, 0x10, 0x7f, /* sample: 5, 5 = 127 */
    };
    struct err err = {0};
    (void)state;
    struct profile *p = pprof_read(FILE_BYTES, sizeof FILE_BYTES, &err);
    assert_non_null(p);
    struct profile_sample s = profile_get_sample(p, 0);
    assert_int_equal(s.n_locations, 2);
    assert_int_equal(s.values[0], 127);
    profile_free(p);
}

static void sums_wrap_round(void **state)
{
    struct file f;
    struct err err = {0};
    size_t n;
    (void)state;
    fill(&f);
    f.samples[1] = f.samples[0];
    f.values[0][1] = INT64_MAX;
    unsigned char *bytes = pack(&f, &n);
    struct profile *p = pprof_read(bytes, n, &err);
    assert_non_null(p);
    assert_int_equal(profile_n_samples(p), 1);
    assert_true(profile_get_sample(p, 0).values[1] == -2);
    profile_free(p);
    free(bytes);
}

/* ---- what is wrong */

static void double_mapping(struct file *f) { f->mappings[1].id = 7; }
static void zero_location(struct file *f) { f->locations[0].id = 0; }
static void double_function(struct file *f) { f->functions[0].id = 1; }
static void absent_mapping(struct file *f) { f->locations[1].mapping_id = 8; }
static void absent_function(struct file *f) { f->lines[2].function_id = 8; }
static void no_function(struct file *f) { f->lines[2].function_id = 0; }
static void absent_location(struct file *f) { f->stacks[1][0] = 8; }
static void negative_string(struct file *f) { f->functions[0].name = -1; }
static void late_string(struct file *f) { f->labels[0].str = N_STRINGS; }
static void few_values(struct file *f) { f->samples[1].n_value = 1; }
static void no_types(struct file *f) { f->profile.n_sample_type = 0; }
static void no_strings(struct file *f) { f->profile.n_string_table = 0; }
static void first_string(struct file *f) { f->strings[0].len = 1; }
static void many_values(struct file *f)
{
    f->samples[0].value = f->values[0];
    f->samples[0].n_value = 3; /* values[1][0] follows */
}

static const struct {
    void (*spoil)(struct file *f);
    const char *message;
} WRONG[] = {
    {double_mapping, "two mappings have id 7"},
    {zero_location, "a location has id 0"},
    {double_function, "two functions have id 1"},
    {absent_mapping, "a location's mapping 8 is not in the file"},
    {absent_function, "a location's function 8 is not in the file"},
    {no_function, "a location's line has no function"},
    {absent_location, "sample 1: location 8 is not in the file"},
    {negative_string, "string 18446744073709551615 is beyond the table"},
    {late_string, "string 19 is beyond the table of 19 strings"},
    {few_values, "sample 1 has fewer values than the 2 sample types"},
    {many_values, "sample 0 has more values than the 2 sample types"},
    {no_types, "it has no sample types"},
    {no_strings, "it has no string table"},
    {first_string, "the first string of the table must be empty"},
};

static void says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        struct file f;
        struct err err = {0};
        size_t n;
        fill(&f);
        WRONG[i].spoil(&f);
        unsigned char *bytes = pack(&f, &n);
        assert_null(pprof_read(bytes, n, &err));
        if (!strstr(err.message, WRONG[i].message))
            fail_msg("'%s' is not '%s'", err.message, WRONG[i].message);
        free(bytes);
    }
}

static void refuses_another_wire_type(void **state)
{
    static const unsigned char PERIOD_AS_BYTES[] = {0x32, 0, 0x0a, 0, 0x62, 0};
    static const unsigned char PERIOD_AS_FIXED64[] = {
        0x32, 0, 0x0a, 0, 0x61, 1, 0, 0, 0, 0, 0, 0, 0};
    static const unsigned char MAPPING_AS_NUMBER[] = {0x32, 0, 0x18, 1};
    struct err err = {0};
    (void)state;
    assert_null(pprof_read(PERIOD_AS_BYTES, sizeof PERIOD_AS_BYTES, &err));
    assert_non_null(strstr(err.message, "the file is damaged"));
    assert_null(pprof_read(PERIOD_AS_FIXED64, sizeof PERIOD_AS_FIXED64, &err));
    assert_null(pprof_read(MAPPING_AS_NUMBER, sizeof MAPPING_AS_NUMBER, &err));
}

/* ---- damage */

static uint64_t sum; /* so that reading is not optimized away */

static void touch(const struct profile *p, uint32_t string)
{
    size_t len;
    const char *s = profile_get_string(p, string, &len);
    sum += len ? (unsigned char)s[len - 1] : 0;
}

/* Follow every reference, that a wrong one be seen. */
static void walk(const struct profile *p)
{
    uint32_t n_types = profile_n_sample_types(p);
    const struct profile_header *h = profile_get_header(p);
    touch(p, h->drop_frames);
    touch(p, h->period_type.unit);
    for (uint32_t i = 0; i < profile_n_comments(p); i++)
        touch(p, profile_get_comment(p, i));
    for (uint32_t id = 1; id <= profile_n_functions(p); id++)
        touch(p, profile_get_function(p, id)->name);
    for (uint32_t id = 1; id <= profile_n_locations(p); id++) {
        struct profile_location l = profile_get_location(p, id);
        if (l.mapping)
            touch(p, profile_get_mapping(p, l.mapping)->filename);
        for (uint32_t i = 0; i < l.n_lines; i++)
            touch(p, profile_get_function(p, l.lines[i].function)->filename);
    }
    for (uint32_t i = 0; i < profile_n_samples(p); i++) {
        struct profile_sample s = profile_get_sample(p, i);
        for (uint32_t j = 0; j < s.n_locations; j++)
            sum += profile_get_location(p, s.locations[j]).address;
        for (uint32_t j = 0; j < n_types; j++)
            sum += (uint64_t)s.values[j];
        for (uint32_t j = 0; j < s.n_labels; j++)
            touch(p, s.labels[j].key);
    }
}

/* Read damaged bytes, copied so that ASan sees where they end: a profile whose
 * references hold, or a reason. */
static bool read_damaged(const unsigned char *bytes, size_t n)
{
    struct err err = {0};
    unsigned char *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, bytes, n);
    struct profile *p = pprof_read(copy, n, &err);
    if (p)
        walk(p);
    else
        assert_true(err.message[0]);
    profile_free(p);
    free(copy);
    return p;
}

static void survives_cuts(void **state)
{
    struct file f;
    struct err err = {0};
    struct buf zipped = BUF_INIT;
    size_t n;
    (void)state;
    fill(&f);
    unsigned char *bytes = pack(&f, &n);
    for (size_t cut = 0; cut < n; cut++)
        read_damaged(bytes, cut);
    assert_true(gzip_compress(bytes, n, 6, &zipped, &err));
    for (size_t cut = 0; cut < zipped.len; cut++)
        assert_false(read_damaged((unsigned char *)zipped.data, cut));
    buf_fini(&zipped);
    free(bytes);
}

/* Each byte in turn, with each value that it may have. */
static void survives_any_byte(void **state)
{
    struct file f;
    size_t n, n_refused = 0;
    (void)state;
    fill(&f);
    unsigned char *bytes = pack(&f, &n);
    for (size_t i = 0; i < n; i++) {
        unsigned char whole = bytes[i];
        for (unsigned value = 0; value < 256; value++) {
            bytes[i] = (unsigned char)value;
            n_refused += !read_damaged(bytes, n);
        }
        bytes[i] = whole;
    }
    assert_true(n_refused > 256);
    free(bytes);
}

/* xorshift32 (Marsaglia 2003): the same damage in every run. */
static uint32_t draw(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

/* Some bytes at a time, of the plain and of the gzipped file. */
static void survives_random_bytes(void **state)
{
    struct file f;
    struct err err = {0};
    struct buf zipped = BUF_INIT;
    size_t n;
    uint32_t random = 20260101;
    (void)state;
    fill(&f);
    unsigned char *bytes = pack(&f, &n);
    assert_true(gzip_compress(bytes, n, 6, &zipped, &err));
    for (int round = 0; round < 20000; round++) {
        bool is_plain = round % 2;
        size_t len = is_plain ? n : zipped.len;
        unsigned char *damaged = malloc(len);
        assert_non_null(damaged);
        memcpy(damaged, is_plain ? (char *)bytes : zipped.data, len);
        for (uint32_t k = 2 + draw(&random) % 8; k > 0; k--)
            damaged[draw(&random) % len] = (unsigned char)draw(&random);
        read_damaged(damaged, len);
        free(damaged);
    }
    buf_fini(&zipped);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_everything),
        cmocka_unit_test(reads_in_any_order),
        cmocka_unit_test(reads_numbers_that_are_not_packed),
        cmocka_unit_test(sums_wrap_round),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(refuses_another_wire_type),
        cmocka_unit_test(survives_cuts),
        cmocka_unit_test(survives_any_byte),
        cmocka_unit_test(survives_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
