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

/* "user:password"; the password may be missing. */
static void put_user(struct buf *out, struct url_part info)
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
    put_user(&plain, url->userinfo);
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
    struct url_part realm, nonce, opaque, algorithm, qop; /* at NULL: none */
};

static bool is(struct url_part part, const char *word)
{
    return part.at && part.n == strlen(word) &&
           strncasecmp(part.at, word, part.n) == 0;
}

static void keep(struct challenge *challenge, struct url_part name,
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
        if (is(name, fields[i].name))
            *(struct url_part *)((char *)challenge + fields[i].offset) = value;
}

/* name=token or name="quoted", between commas. What is quoted is taken as it
 * stands, with its escapes, as it goes back. */
static void parse(struct challenge *challenge, const char *at)
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
        keep(challenge, name, value);
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
        if (is(challenge->algorithm, algorithms[i].name))
            return &algorithms[i];
    return NULL;
}

/* "auth" among "auth,auth-int" */
static bool offers_auth(struct url_part qop)
{
    const char *at = qop.at, *end = at + qop.n;
    while (at < end) {
        size_t n = 0;
        while (at + n < end && !strchr(" ,", at[n]))
            n++;
        if (is((struct url_part){at, n}, "auth"))
            return true;
        at += n + 1;
    }
    return false;
}

/* The first that can be answered. */
static const struct algorithm *find_challenge(const struct transfer *transfer,
                                              struct challenge *challenge)
{
    const char *name = NULL, *value;
    while (transfer->status == 401 &&
           buf_next_pair(&transfer->headers, &name, &value)) {
        if (strcasecmp(name, "WWW-Authenticate") != 0 ||
            strncasecmp(value, "Digest ", 7) != 0)
            continue;
        parse(challenge, value + 7);
        const struct algorithm *algorithm = algorithm_of(challenge);
        bool qop = !challenge->qop.at || offers_auth(challenge->qop);
        if (algorithm && qop && challenge->realm.at && challenge->nonce.at)
            return algorithm;
    }
    return NULL;
}

#define HEX_MAX (2 * EVP_MAX_MD_SIZE + 1)

/* Takes what is in `text`, which is emptied. */
static bool hash(char hex[HEX_MAX], const char *digest, struct buf *text)
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

static void put(struct buf *out, struct url_part part)
{
    buf_append(out, part.at, part.n);
}

static void put_target(struct buf *out, const struct url *url)
{
    if (url->target.n == 0 || *url->target.at != '/')
        buf_putc(out, '/');
    put(out, url->target);
}

/* RFC 7616, section 3.4. */
static bool compute(char response[HEX_MAX], const struct transfer *transfer,
                    const struct challenge *challenge,
                    const struct algorithm *algorithm, const char *cnonce)
{
    char a1[HEX_MAX], a2[HEX_MAX];
    struct buf text = BUF_INIT;
    const char *digest = algorithm->digest;
    put_user(&text, transfer->url.userinfo);
    buf_putc(&text, ':');
    put(&text, challenge->realm);
    buf_putc(&text, ':');
    put_password(&text, transfer->url.userinfo);
    bool ok = hash(a1, digest, &text);
    if (ok && algorithm->session) {
        buf_printf(&text, "%s:%.*s:%s", a1, (int)challenge->nonce.n,
                   challenge->nonce.at, cnonce);
        ok = hash(a1, digest, &text);
    }
    buf_printf(&text, "%s:", transfer->method);
    put_target(&text, &transfer->url);
    ok = ok && hash(a2, digest, &text);
    if (ok) {
        buf_printf(&text, "%s:%.*s:", a1, (int)challenge->nonce.n,
                   challenge->nonce.at);
        if (challenge->qop.at)
            buf_printf(&text, "00000001:%s:auth:", cnonce);
        buf_puts(&text, a2);
        ok = hash(response, digest, &text);
    }
    buf_fini(&text);
    return ok;
}

static void put_quoted(struct buf *out, const char *name, struct url_part value)
{
    buf_printf(out, ", %s=\"", name);
    put(out, value);
    buf_putc(out, '"');
}

/* The user's name, with what must be escaped within quotes. What may not stand
 * in a header is left out: the server will not know that user. */
static void put_name(struct buf *out, const struct url *url)
{
    struct buf user = BUF_INIT;
    put_user(&user, url->userinfo);
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
    put_quoted(out, "realm", challenge.realm);
    put_quoted(out, "nonce", challenge.nonce);
    buf_puts(out, ", uri=\"");
    put_target(out, &transfer->url);
    buf_printf(out, "\", response=\"%s\"", response);
    if (challenge.algorithm.at)
        buf_printf(out, ", algorithm=%s", algorithm->name);
    if (challenge.opaque.at)
        put_quoted(out, "opaque", challenge.opaque);
    if (challenge.qop.at)
        buf_printf(out, ", qop=auth, nc=00000001, cnonce=\"%s\"", cnonce);
    buf_puts(out, "\r\n");
    return true;
}
