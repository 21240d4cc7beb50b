#include "handler/baggage.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/percent.h"
#include "sample/tables/label_values.h"

enum { MAX_MEMBERS = 8 };

static const char BLANKS[] = " \t";
/* The characters of a token (RFC 9110, 5.6.2), which a key must be. */
static const char TOKEN[] = "!#$%&'*+-.^_`|~0123456789"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "abcdefghijklmnopqrstuvwxyz";

struct adding {
    uint32_t labels;
    unsigned n_members;
};

static void add_baggage_label(struct adding *adding, const char *key,
                              const char *value)
{
    if (!label_key_is_reserved(key))
        adding->labels = label_values_add(adding->labels, key, value);
}

/* Adds the member "key = value ; properties" that `member` begins with. Returns
 * false if it is malformed. */
static bool add_baggage_member(struct adding *adding, const char *member)
{
    char key[LABEL_KEY_MAX_BYTES + 1], value[LABEL_VALUE_MAX_BYTES + 1];
    member += strspn(member, BLANKS);
    size_t key_len = strspn(member, TOKEN);
    const char *at = member + key_len;
    at += strspn(at, BLANKS);
    if (key_len == 0 || key_len >= sizeof key || *at != '=')
        return false;
    memcpy(key, member, key_len);
    key[key_len] = '\0';
    at++;
    at += strspn(at, BLANKS);
    size_t len = strcspn(at, " \t;,");
    if (len >= sizeof value)
        return false;
    len = percent_decode(value, at, len);
    value[len] = '\0';
    if (strlen(value) != len)
        return false;
    add_baggage_label(adding, key, value);
    return true;
}

static enum MHD_Result read_baggage_header(void *ctx, enum MHD_ValueKind kind,
                                           const char *name, const char *value)
{
    (void)kind;
    struct adding *adding = ctx;
    if (strcasecmp(name, "baggage") != 0)
        return MHD_YES;
    while (value && *value && adding->n_members < MAX_MEMBERS) {
        adding->n_members += add_baggage_member(adding, value);
        value += strcspn(value, ",");
        value += *value == ',';
    }
    return MHD_YES;
}

uint32_t baggage_add_labels(struct MHD_Connection *connection, uint32_t labels)
{
    struct adding adding = {.labels = labels};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, read_baggage_header,
                              &adding);
    return adding.labels;
}
