#include "load/vu_http.h"

#include <string.h>

#include "load/generator.h"
#include "load/load.h"
#include "target/request_baggage.h"
#include "load/vu.h"
#include "load/vu_script.h"
#include "script/tag_table.h"

/* The functions of struct http_env. `asker` is the virtual user. */
static void *find_vu(void *ctx, struct lua_State *L, const char **why)
{
    return vu_script_current(ctx, L, why);
}

/* Each virtual user has a chain of its own, so that a request allocates
 * nothing. */
static struct chain *take_chain(void *asker, struct lua_State *L)
{
    (void)L;
    return &((struct vu *)asker)->chain;
}

static void keep_chain(struct chain *chain) { (void)chain; }

static struct client *client_of(void *ctx, void *asker)
{
    (void)ctx;
    return &((struct vu *)asker)->client;
}

static struct cookie_jar *jar_of(void *asker)
{
    return &((struct vu *)asker)->jar;
}

static const struct status_set *expected_of(void *asker)
{
    return ((struct vu *)asker)->expected.set;
}

/* The chunk may set the expected statuses of the virtual user that it runs for.
 * When it runs for the options, there is no virtual user. */
static struct http_expected *to_expect(void *ctx)
{
    struct generator *generator = ctx;
    struct vu *vu =
        generator->current ? generator->current : generator->opening;
    return vu ? &vu->expected : NULL;
}

static void count_transfer(void *asker, struct transfer *transfer)
{
    vu_count(asker, transfer);
}

/* vu_interrupt aborts all transfers of the client, so `cancel` is not
 * needed. */
static void wait_for_reply(void *asker, void (*cancel)(void *),
                           void *cancel_ctx)
{
    (void)cancel;
    (void)cancel_ctx;
    vu_script_wait(asker);
}

static void wake_vu(void *asker) { vu_script_wake(asker); }

/* Profiles are taken of the server to which the scenarios send their first
 * request; setup may use another server. The header `baggage` tells the target
 * to which scenario and endpoint the request belongs. */
static void put_baggage(void *asker, struct transfer *transfer)
{
    const struct vu *vu = asker;
    struct target_profiles *profiles = &vu->generator->load->profiles;
    if (vu->number > 0)
        first_target_note(&profiles->target, &transfer->url);
    if (!profiles->capture)
        return;
    const char *name = tag_table_get(&transfer->tags, "name");
    struct url_part url = url_without_user(&transfer->url);
    request_baggage_put(&transfer->request, vu->run->scenario->name,
                        name ? name : url.at, name ? strlen(name) : url.n);
}

void vu_http_begin(struct vu *vu)
{
    if (!vu->generator->load->config->http.no_cookies_reset)
        cookie_jar_clear(&vu->jar);
}

void vu_http_install(struct lua_State *L, struct generator *generator)
{
    generator->http_env = (struct http_env){
        .options = &generator->load->config->http,
        .find = find_vu,
        .take = take_chain,
        .release = keep_chain,
        .client = client_of,
        .headers = put_baggage,
        .jar = jar_of,
        .expected = expected_of,
        .to_expect = to_expect,
        .count = count_transfer,
        .wait = wait_for_reply,
        .wake = wake_vu,
        .ctx = generator,
    };
    module_http_install(L, &generator->http_env);
}
