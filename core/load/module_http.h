/* module_http.h -- `require "http"` of load scripts. */
#ifndef LOAD_MODULE_HTTP_H
#define LOAD_MODULE_HTTP_H

struct lua_State;

/* The opener; `struct load *` is in the registry (module_loadtest.h). */
int module_http_open(struct lua_State *L);

#endif
