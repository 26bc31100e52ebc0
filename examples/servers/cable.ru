# puma cable.ru: Action Cable alone, as its guide mounts it, at /cable.
require "action_cable"
require "logger"

ActionCable.server.config.tap do |config|
  config.cable = { "adapter" => "async" }
  config.connection_class = -> { ActionCable::Connection::Base }
  config.allowed_request_origins = ["http://ok.example"]
  config.mount_path = "/cable"
  config.logger = Logger.new($stdout, level: :info)
end
map("/cable") { run ActionCable.server }
