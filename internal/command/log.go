package command

import (
	"io"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"wshealthz/internal/config"
)

// newLogger returns a logger that writes one line per entry to w.
func newLogger(c *config.Config, w io.Writer) *zap.Logger {
	encoding := zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", MessageKey: "msg", NameKey: "logger",
		EncodeTime:     zapcore.RFC3339NanoTimeEncoder,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
	}
	encoder := zapcore.NewJSONEncoder(encoding)
	if c.LogFormat == "console" {
		encoder = zapcore.NewConsoleEncoder(encoding)
	}
	level, err := zapcore.ParseLevel(c.LogLevel)
	if err != nil {
		panic(err) // config has judged it
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), level))
}
