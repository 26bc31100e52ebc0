# puma rails.ru: Action Cable as in cable.ru, after the two middlewares of Rails that judge Host and redirect to https.
require "action_view"
require "action_controller"
require "action_cable"
require "logger"

ActionCable.server.config.tap do |config|
  config.cable = { "adapter" => "async" }
  config.connection_class = -> { ActionCable::Connection::Base }
  config.allowed_request_origins = ["http://ok.example"]
  config.mount_path = "/cable"
  config.logger = Logger.new($stdout, level: :info)
end
use ActionDispatch::HostAuthorization, ["ws.example"]
use ActionDispatch::SSL
map("/cable") { run ActionCable.server }
