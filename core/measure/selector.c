#include "measure/selector.h"

#include <string.h>

static bool refuse_selector(const char *text, const char *why, struct err *err)
{
    return err_set(err, "'%.300s': %s; expected %s", text, why,
                   SELECTOR_GRAMMAR);
}

/* Removes blanks, then quotes, at both ends. */
static char *trim_quotes(char *text)
{
    static const char blanks[] = " \t", quotes[] = "\"'`";
    for (int i = 0; i < 2; i++) {
        const char *cut = i == 0 ? blanks : quotes;
        text += strspn(text, cut);
        size_t n = strlen(text);
        while (n > 0 && strchr(cut, text[n - 1]))
            text[--n] = '\0';
    }
    return text;
}

/* Parses "key:value"; the first colon separates them. */
static bool parse_tag(struct selector *selector, char *tag, struct err *err)
{
    char *colon = strchr(tag, ':');
    if (!colon || colon[1] == '\0')
        return refuse_selector(selector->text, "a tag must be key:value", err);
    if (selector->n_tags == SELECTOR_TAGS_MAX)
        return refuse_selector(selector->text, "too many tags", err);
    *colon = '\0';
    const char *key = trim_quotes(tag), *value = trim_quotes(colon + 1);
    if (!*key)
        return refuse_selector(selector->text, "the key of a tag is empty",
                               err);
    selector->tags[selector->n_tags++] =
        (struct selector_tag){tag_find(key), key, value, strlen(value)};
    return true;
}

static bool parse_tags(struct selector *selector, struct err *err)
{
    char *at = selector->bytes;
    while (at) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma = '\0';
        if (!parse_tag(selector, at, err))
            return false;
        at = comma ? comma + 1 : NULL;
    }
    return true;
}

bool selector_parse(struct selector *selector, const char *text,
                    struct err *err)
{
    size_t n = strlen(text);
    *selector = (struct selector){.n_tags = 0};
    if (n > SELECTOR_TEXT_MAX)
        return refuse_selector(text, "it is too long", err);
    memcpy(selector->text, text, n + 1);
    const char *open = strchr(text, '{'), *close = strrchr(text, '}');
    if (!open && !close) {
        memcpy(selector->metric, text, n + 1);
        return true;
    }
    if (!open || !close || close < open)
        return refuse_selector(text, "the braces do not match", err);
    if (close[1] != '\0')
        return refuse_selector(text, "something follows the closing brace",
                               err);
    memcpy(selector->metric, text, (size_t)(open - text));
    memcpy(selector->bytes, open + 1, (size_t)(close - open) - 1);
    return parse_tags(selector, err);
}

const char *selector_get(const struct selector *selector, const char *key)
{
    for (unsigned i = 0; i < selector->n_tags; i++)
        if (strcmp(selector->tags[i].key, key) == 0)
            return selector->tags[i].value;
    return NULL;
}

struct tag_value selector_inside(const struct selector *selector)
{
    const char *open = strchr(selector->text, '{');
    if (!open)
        return (struct tag_value){"", 0};
    const char *at = open + 1 + strspn(open + 1, " \t");
    size_t n = strlen(at) - 1;
    while (n > 0 && strchr(" \t", at[n - 1]))
        n--;
    return (struct tag_value){at, n};
}

bool selector_matches(const struct selector *selector, const struct tags *tags,
                      struct buf *scratch)
{
    for (unsigned i = 0; i < selector->n_tags; i++) {
        const struct selector_tag *tag = &selector->tags[i];
        struct tag_value value = tags_get(tags, tag->id, tag->key, scratch);
        if (!value.at || value.n != tag->n_value ||
            memcmp(value.at, tag->value, value.n) != 0)
            return false;
    }
    return true;
}
