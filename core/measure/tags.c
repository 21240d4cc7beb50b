#include "measure/tags.h"

#include <string.h>

#include "client/transfer.h"
#include "measure/checks.h"
#include "measure/outcome.h"
#include "script/tag_table.h"

const char *const tag_names[TAG_N_SYSTEM] = {
    [TAG_CHECK] = "check",
    [TAG_ERROR] = "error",
    [TAG_ERROR_CODE] = "error_code",
    [TAG_EXPECTED_RESPONSE] = "expected_response",
    [TAG_GROUP] = "group",
    [TAG_METHOD] = "method",
    [TAG_NAME] = "name",
    [TAG_PROTO] = "proto",
    [TAG_SCENARIO] = "scenario",
    [TAG_STATUS] = "status",
    [TAG_URL] = "url",
};

static const struct tag_value none = {NULL, 0};

enum tag_id tag_find(const char *key)
{
    for (int i = 0; i < TAG_N_SYSTEM; i++)
        if (strcmp(tag_names[i], key) == 0)
            return (enum tag_id)i;
    return TAG_CUSTOM;
}

static struct tag_value of_text(const char *text)
{
    return text ? (struct tag_value){text, strlen(text)} : none;
}

static struct tag_value of_scratch(struct buf *scratch)
{
    return scratch->failed ? none
                           : (struct tag_value){scratch->data, scratch->len};
}

static struct tag_value of_integer(int value, struct buf *scratch)
{
    scratch->len = 0;
    buf_printf(scratch, "%d", value);
    return of_scratch(scratch);
}

/* Returns a tag of the script, from the first list that has it. */
static struct tag_value get_given(const struct tags *tags, const char *key)
{
    const char *value = NULL;
    if (tags->own)
        value = tag_table_get(tags->own, key);
    if (!value && tags->transfer)
        value = tag_table_get(&tags->transfer->tags, key);
    if (!value && tags->common)
        value = tag_table_get(tags->common, key);
    return of_text(value);
}

static void put_group_path(struct buf *out, const struct checks *checks,
                           uint32_t group)
{
    if (group == CHECKS_ROOT)
        return;
    put_group_path(out, checks, checks->groups[group].parent);
    buf_puts(out, "::");
    buf_puts(out, checks->groups[group].name);
}

static struct tag_value get_group(const struct tags *tags, struct buf *scratch)
{
    if (!tags->checks)
        return none;
    if (tags->group == CHECKS_ROOT)
        return of_text("");
    scratch->len = 0;
    put_group_path(scratch, tags->checks, tags->group);
    return of_scratch(scratch);
}

/* Returns the URL with its password hidden, as k6 does. */
static struct tag_value get_url(const struct url *url, struct buf *scratch)
{
    struct url_part text = url->text;
    if (!url->userinfo.at)
        return (struct tag_value){text.at, text.n};
    const char *rest = url->userinfo.at + url->userinfo.n;
    scratch->len = 0;
    buf_append(scratch, text.at, (size_t)(url->userinfo.at - text.at));
    buf_puts(scratch, memchr(url->userinfo.at, ':', url->userinfo.n)
                          ? "****:****"
                          : "****");
    buf_append(scratch, rest, (size_t)(text.at + text.n - rest));
    return of_scratch(scratch);
}

static struct tag_value get_of_transfer(const struct transfer *transfer,
                                        enum tag_id id, struct buf *scratch)
{
    int code;
    switch (id) {
    case TAG_ERROR:
        return transfer->error ? of_text(client_error_text(transfer->error))
                               : none;
    case TAG_ERROR_CODE:
        code = transfer_error_code(transfer);
        return code ? of_integer(code, scratch) : none;
    case TAG_EXPECTED_RESPONSE:
        return !transfer->expected             ? none
               : outcome_is_expected(transfer) ? of_text("true")
                                               : of_text("false");
    case TAG_METHOD:
        return of_text(transfer->method);
    case TAG_NAME:
    case TAG_URL:
        return get_url(&transfer->url, scratch);
    case TAG_PROTO:
        return transfer->status == 0 ? none
               : transfer->http_1_0  ? of_text("HTTP/1.0")
                                     : of_text("HTTP/1.1");
    case TAG_STATUS:
        return of_integer(transfer->error ? 0 : transfer->status, scratch);
    default:
        return none;
    }
}

static struct tag_value get_system(const struct tags *tags, enum tag_id id,
                                   struct buf *scratch)
{
    switch (id) {
    case TAG_CHECK:
        return of_text(tags->check);
    case TAG_GROUP:
        return get_group(tags, scratch);
    case TAG_SCENARIO:
        return of_text(tags->scenario);
    default:
        return tags->transfer ? get_of_transfer(tags->transfer, id, scratch)
                              : none;
    }
}

struct tag_value tags_get(const struct tags *tags, enum tag_id id,
                          const char *key, struct buf *scratch)
{
    if (!tags)
        return none;
    if (id == TAG_CUSTOM)
        return get_given(tags, key);
    bool is_url = id == TAG_URL && tags->transfer;
    if (is_url || id == TAG_NAME || id == TAG_GROUP || id == TAG_SCENARIO) {
        struct tag_value given =
            get_given(tags, is_url ? "name" : tag_names[id]);
        return given.at ? given : get_system(tags, id, scratch);
    }
    struct tag_value value = get_system(tags, id, scratch);
    return value.at ? value : get_given(tags, tag_names[id]);
}

/* Calls `f` for the tags of one list that no earlier list has and that are not
 * system tags. */
static void each_given(const struct tags *tags, const struct buf *list,
                       tags_fn f, void *ctx)
{
    const char *key = NULL, *value;
    while (list && buf_next_pair(list, &key, &value))
        if (tag_find(key) == TAG_CUSTOM && get_given(tags, key).at == value)
            f(ctx, key, of_text(value));
}

void tags_each(const struct tags *tags, struct buf *scratch, tags_fn f,
               void *ctx)
{
    if (!tags)
        return;
    for (int i = 0; i < TAG_N_SYSTEM; i++) {
        struct tag_value value =
            tags_get(tags, (enum tag_id)i, tag_names[i], scratch);
        if (value.at)
            f(ctx, tag_names[i], value);
    }
    each_given(tags, tags->own, f, ctx);
    each_given(tags, tags->transfer ? &tags->transfer->tags : NULL, f, ctx);
    each_given(tags, tags->common, f, ctx);
}
