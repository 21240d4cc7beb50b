-- http_target.lua: for the specs of `require "http"` in load scripts: a server
-- (scripts/http_target), and load scripts that send requests to it.
local support = require "support"

local M = {}

--- Starts the server. `url` is its address, `folder` an empty folder until stop.
function M.start()
  M.folder = support.new_folder()
  M.server = support.serve { "--workers", "1", "--no-watch",
    support.source .. "/spec/scripts/http_target" }
  M.url = M.server.url
end

function M.stop()
  local code = M.server:stop()
  support.remove_folder(M.folder)
  assert(code == 0, "the server's exit code is " .. code)
end

--- Runs a load script whose iterations have this body. BASE in it is the server's
-- address. Every value in a call of check(value, what) must be true. Returns stdout
-- and stderr.
function M.run(body, options, arguments)
  local path = M.folder .. "/script.lua"
  support.write_file(path, (([[
    local http, t = require "http", require "loadtest"
    local function check(value, what)
      t.check(value, { [what] = value and true or false })
    end
    return { options = { OPTIONS }, default = function() BODY end }
  ]]):gsub("%u+", { OPTIONS = options or "", BODY = body }):gsub("BASE", M.url)))
  local code, out, err = support.command("load -q " .. path .. " " .. (arguments or ""))
  if code ~= 0 or out:find("✗ ", 1, true) or out:find("script errors", 1, true) then
    error(("exit code %d\n%s%s"):format(code, out, err), 2)
  end
  return out, err
end

--- Returns the number in the summary's line of this name.
function M.count_of(out, name)
  return tonumber(out:match("\n    " .. name .. "%.*: +(%d+)"))
end

return M
