#include "profile/label_filter.h"

#include <stdio.h>
#include <string.h>

#include "profile/profile.h"

bool label_filter_add(struct label_filter *filter, const char *key_value,
                      struct err *err)
{
    const char *colon = strchr(key_value, ':');
    size_t size = strlen(key_value) + 1;
    if (!colon || colon == key_value)
        return err_set(err, "must be key:value, got '%.100s'", key_value);
    if (size > sizeof filter->text - filter->n_bytes)
        return err_set(err, "too long: all of them may take %zu bytes",
                       sizeof filter->text);
    memcpy(filter->text + filter->n_bytes, key_value, size);
    filter->n_bytes += size;
    return true;
}

/* Returns the condition after `entry`, or the first condition if `entry` is
 * NULL. Returns NULL after the last one. */
static const char *next_condition(const struct label_filter *filter,
                                  const char *entry)
{
    const char *end = filter->text + filter->n_bytes;
    const char *at = entry ? entry + strlen(entry) + 1 : filter->text;
    return at < end ? at : NULL;
}

static size_t key_length(const char *entry)
{
    return (size_t)(strchr(entry, ':') - entry);
}

static bool is_text(const struct profile *p, uint32_t id, const char *text,
                    size_t text_len)
{
    size_t len;
    const char *s = profile_get_string(p, id, &len);
    return len == text_len && memcmp(s, text, len) == 0;
}

static bool has_label(const struct profile *p,
                      const struct profile_sample *sample, const char *entry)
{
    size_t key_len = key_length(entry);
    const char *value = entry + key_len + 1;
    for (uint32_t i = 0; i < sample->n_labels; i++) {
        const struct profile_label *label = &sample->labels[i];
        if (label->str && is_text(p, label->key, entry, key_len) &&
            is_text(p, label->str, value, strlen(value)))
            return true;
    }
    return false;
}

/* Returns true if the sample has one of the values that the filter's conditions
 * name for the key of `entry`. */
static bool meets_one_of(const struct label_filter *filter,
                         const struct profile *p,
                         const struct profile_sample *sample, const char *entry)
{
    size_t n = key_length(entry) + 1; /* with the colon */
    for (const char *e = next_condition(filter, NULL); e;
         e = next_condition(filter, e))
        if (strncmp(e, entry, n) == 0 && has_label(p, sample, e))
            return true;
    return false;
}

struct filtering {
    const struct label_filter *filter;
    const struct profile *profile;
};

static bool meets_all_conditions(void *ctx, const struct profile_sample *sample)
{
    const struct filtering *f = ctx;
    for (const char *e = next_condition(f->filter, NULL); e;
         e = next_condition(f->filter, e))
        if (!meets_one_of(f->filter, f->profile, sample, e))
            return false;
    return true;
}

static void add_condition_comments(const struct label_filter *filter,
                                   struct profile *profile)
{
    char text[sizeof filter->text + 64];
    for (const char *e = next_condition(filter, NULL); e;
         e = next_condition(filter, e)) {
        snprintf(text, sizeof text, "only samples with the label %s", e);
        profile_add_comment(profile, text);
    }
}

void label_filter_apply(const struct label_filter *filter,
                        struct profile *profile)
{
    if (filter->n_bytes == 0)
        return;
    struct filtering filtering = {filter, profile};
    profile_keep_samples(profile, meets_all_conditions, &filtering);
    add_condition_comments(filter, profile);
}
