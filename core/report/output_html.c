/* output_html.c -- writes the report as one HTML file. exporters/report/ makes
 * it in a Lua state of its own. */
#include <lauxlib.h>
#include <lua.h>
#include <openssl/evp.h>

#include "export/catalog.h"
#include "export/export_out.h"
#include "modules/modules.h"
#include "report/report_table.h"
#include "report/output.h"
#include "script/call.h"
#include "script/state.h"

/* hash(text) returns the base64 of the SHA-256, as Content-Security-Policy
 * needs it. */
static int hash_text(lua_State *L)
{
    size_t n;
    unsigned n_digest = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char text[2 * EVP_MAX_MD_SIZE];
    const char *bytes = luaL_checklstring(L, 1, &n);
    if (!EVP_Digest(bytes, n, digest, &n_digest, EVP_sha256(), NULL))
        return luaL_error(L, "no SHA-256");
    int n_text = EVP_EncodeBlock(text, digest, (int)n_digest);
    lua_pushlstring(L, (const char *)text, (size_t)n_text);
    return 1;
}

/* stack: report (light) -> out, page function, run, out, hash */
static int push_page_call(lua_State *L)
{
    const struct report *report = lua_touserdata(L, 1);
    export_out_push(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "report.html");
    lua_call(L, 1, 1);
    report_table_push(L, report);
    lua_pushvalue(L, 2);
    lua_pushcfunction(L, hash_text);
    return 5;
}

static bool make_page(lua_State *L, const struct report *report,
                      struct buf *out, struct err *err)
{
    lua_pushcfunction(L, push_page_call);
    lua_pushlightuserdata(L, (void *)report);
    if (!script_call(L, 1, 5, err))
        return false;
    struct export_out *page = lua_touserdata(L, 1);
    return script_call(L, 3, 0, err) && export_out_take(page, out, err);
}

static void write_report(struct output *output, const struct report *report)
{
    struct buf page = BUF_INIT;
    lua_State *L = script_state_new(catalog_default_dir(),
                                    modules_for_exporters, &output->err);
    if (L && make_page(L, report, &page, &output->err))
        output_file_write(&output->file, &page);
    if (L)
        script_state_free(L);
    buf_fini(&page);
}

const struct output_kind output_html = {
    .name = "html",
    .about = "the report, with charts and flame graphs",
    .endpoints = true,
    .close = write_report,
};
