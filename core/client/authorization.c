#include "client/authorization.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/percent.h"
#include "client/transfer.h"

static void put_decoded(struct buf *out, const char *at, size_t n)
{
    if (buf_reserve(out, n))
        out->len += percent_decode(out->data + out->len, at, n);
}

/* Appends the user of "user:password"; the password may be missing. */
static void put_user_name(struct buf *out, struct url_part info)
{
    const char *colon = memchr(info.at, ':', info.n);
    put_decoded(out, info.at, colon ? (size_t)(colon - info.at) : info.n);
}

static void put_password(struct buf *out, struct url_part info)
{
    const char *colon = memchr(info.at, ':', info.n);
    if (colon)
        put_decoded(out, colon + 1, info.n - (size_t)(colon + 1 - info.at));
}

void authorization_put_basic(struct buf *out, const struct url *url)
{
    struct buf plain = BUF_INIT;
    put_user_name(&plain, url->userinfo);
    buf_putc(&plain, ':');
    put_password(&plain, url->userinfo);
    buf_puts(out, "Authorization: Basic ");
    if (!plain.failed && buf_reserve(out, plain.len * 4 / 3 + 5))
        out->len += (size_t)EVP_EncodeBlock(
            (unsigned char *)out->data + out->len,
            (const unsigned char *)plain.data, (int)plain.len);
    out->failed |= plain.failed;
    buf_puts(out, "\r\n");
    buf_fini(&plain);
}

/* --- Digest ------------------------------------------------------------- */

struct challenge {
    struct url_part realm, nonce, opaque, algorithm,
        qop; /* `at` is NULL if missing */
};

static bool part_is(struct url_part part, const char *word)
{
    return part.at && part.n == strlen(word) &&
           strncasecmp(part.at, word, part.n) == 0;
}

static void keep_parameter(struct challenge *challenge, struct url_part name,
                           struct url_part value)
{
    static const struct {
        const char *name;
        size_t offset;
    } fields[] = {
        {"realm", offsetof(struct challenge, realm)},
        {"nonce", offsetof(struct challenge, nonce)},
        {"opaque", offsetof(struct challenge, opaque)},
        {"algorithm", offsetof(struct challenge, algorithm)},
        {"qop", offsetof(struct challenge, qop)},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (part_is(name, fields[i].name))
            *(struct url_part *)((char *)challenge + fields[i].offset) = value;
}

/* Parses parameters of the form name=token or name="quoted", separated by
 * commas. Quoted values keep their escapes, because they are sent back in
 * quotes.
 */
static void parse_challenge(struct challenge *challenge, const char *at)
{
    *challenge = (struct challenge){0};
    for (;;) {
        at += strspn(at, " \t,");
        size_t n_name = strcspn(at, "= \t,");
        struct url_part name = {at, n_name}, value;
        at += n_name;
        if (*at != '=')
            return; /* the end, or another challenge */
        at++;
        if (*at == '"') {
            const char *end = ++at;
            while (*end && *end != '"')
                end += end[0] == '\\' && end[1] ? 2 : 1;
            value = (struct url_part){at, (size_t)(end - at)};
            at = *end ? end + 1 : end;
        } else {
            value = (struct url_part){at, strcspn(at, " \t,")};
            at += value.n;
        }
        keep_parameter(challenge, name, value);
    }
}

struct algorithm {
    const char *name;
    const char *digest; /* OpenSSL's name */
    bool session;
};

static const struct algorithm algorithms[] = {
    {"MD5", "MD5", false},
    {"MD5-sess", "MD5", true},
    {"SHA-256", "SHA256", false},
    {"SHA-256-sess", "SHA256", true},
};

static const struct algorithm *algorithm_of(const struct challenge *challenge)
{
    if (!challenge->algorithm.at)
        return &algorithms[0];
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (part_is(challenge->algorithm, algorithms[i].name))
            return &algorithms[i];
    return NULL;
}

/* Returns true if "auth" is in the list, such as "auth,auth-int". */
static bool offers_auth(struct url_part qop)
{
    const char *at = qop.at, *end = at + qop.n;
    while (at < end) {
        size_t n = 0;
        while (at + n < end && !strchr(" ,", at[n]))
            n++;
        if (part_is((struct url_part){at, n}, "auth"))
            return true;
        at += n + 1;
    }
    return false;
}

/* Finds the first challenge that can be answered. Returns its algorithm, NULL
 * if there is none. */
static const struct algorithm *find_challenge(const struct transfer *transfer,
                                              struct challenge *challenge)
{
    const char *name = NULL, *value;
    while (transfer->status == 401 &&
           buf_next_pair(&transfer->headers, &name, &value)) {
        if (strcasecmp(name, "WWW-Authenticate") != 0 ||
            strncasecmp(value, "Digest ", 7) != 0)
            continue;
        parse_challenge(challenge, value + 7);
        const struct algorithm *algorithm = algorithm_of(challenge);
        bool qop = !challenge->qop.at || offers_auth(challenge->qop);
        if (algorithm && qop && challenge->realm.at && challenge->nonce.at)
            return algorithm;
    }
    return NULL;
}

#define HEX_MAX (2 * EVP_MAX_MD_SIZE + 1)

/* Writes the digest of `text` in hexadecimal and empties `text`. */
static bool digest_hex(char hex[HEX_MAX], const char *digest, struct buf *text)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    size_t n = 0;
    bool ok = !text->failed && EVP_Q_digest(NULL, digest, NULL, text->data,
                                            text->len, bytes, &n);
    ERR_clear_error();
    for (size_t i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    text->len = 0;
    return ok;
}

static void put_part(struct buf *out, struct url_part part)
{
    buf_append(out, part.at, part.n);
}

static void put_target(struct buf *out, const struct url *url)
{
    if (url->target.n == 0 || *url->target.at != '/')
        buf_putc(out, '/');
    put_part(out, url->target);
}

/* Computes the response as in RFC 7616, section 3.4. */
static bool compute(char response[HEX_MAX], const struct transfer *transfer,
                    const struct challenge *challenge,
                    const struct algorithm *algorithm, const char *cnonce)
{
    char a1[HEX_MAX], a2[HEX_MAX];
    struct buf text = BUF_INIT;
    const char *digest = algorithm->digest;
    put_user_name(&text, transfer->url.userinfo);
    buf_putc(&text, ':');
    put_part(&text, challenge->realm);
    buf_putc(&text, ':');
    put_password(&text, transfer->url.userinfo);
    bool ok = digest_hex(a1, digest, &text);
    if (ok && algorithm->session) {
        buf_printf(&text, "%s:%.*s:%s", a1, (int)challenge->nonce.n,
                   challenge->nonce.at, cnonce);
        ok = digest_hex(a1, digest, &text);
    }
    buf_printf(&text, "%s:", transfer->method);
    put_target(&text, &transfer->url);
    ok = ok && digest_hex(a2, digest, &text);
    if (ok) {
        buf_printf(&text, "%s:%.*s:", a1, (int)challenge->nonce.n,
                   challenge->nonce.at);
        if (challenge->qop.at)
            buf_printf(&text, "00000001:%s:auth:", cnonce);
        buf_puts(&text, a2);
        ok = digest_hex(response, digest, &text);
    }
    buf_fini(&text);
    return ok;
}

static void put_quoted_parameter(struct buf *out, const char *name,
                                 struct url_part value)
{
    buf_printf(out, ", %s=\"", name);
    put_part(out, value);
    buf_putc(out, '"');
}

/* Appends the user's name, escaped for a quoted string. Control characters are
 * left out, because a header must not contain them. */
static void put_name(struct buf *out, const struct url *url)
{
    struct buf user = BUF_INIT;
    put_user_name(&user, url->userinfo);
    for (size_t i = 0; i < user.len; i++) {
        char c = user.data[i];
        if (c == '"' || c == '\\')
            buf_putc(out, '\\');
        if ((unsigned char)c >= 0x20 && c != 0x7f)
            buf_putc(out, c);
    }
    buf_fini(&user);
}

bool authorization_put_digest(struct buf *out, const struct transfer *transfer,
                              const char *cnonce)
{
    struct challenge challenge;
    char response[HEX_MAX];
    const struct algorithm *algorithm = find_challenge(transfer, &challenge);
    if (!algorithm ||
        !compute(response, transfer, &challenge, algorithm, cnonce))
        return false;
    buf_puts(out, "Authorization: Digest username=\"");
    put_name(out, &transfer->url);
    buf_putc(out, '"');
    put_quoted_parameter(out, "realm", challenge.realm);
    put_quoted_parameter(out, "nonce", challenge.nonce);
    buf_puts(out, ", uri=\"");
    put_target(out, &transfer->url);
    buf_printf(out, "\", response=\"%s\"", response);
    if (challenge.algorithm.at)
        buf_printf(out, ", algorithm=%s", algorithm->name);
    if (challenge.opaque.at)
        put_quoted_parameter(out, "opaque", challenge.opaque);
    if (challenge.qop.at)
        buf_printf(out, ", qop=auth, nc=00000001, cnonce=\"%s\"", cnonce);
    buf_puts(out, "\r\n");
    return true;
}
