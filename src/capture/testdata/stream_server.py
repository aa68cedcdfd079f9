"""Serves a test picture as RTSP (gst-rtsp-server) or as motion JPEG over HTTP, for tests.

usage: stream_server.py rtsp|rtsp-login|mjpeg PORT

rtsp://127.0.0.1:PORT/line is H.264 of 320x240 at 30 fps; with rtsp-login the user is `line` and the password
`secret`. http://127.0.0.1:PORT/line.mjpeg gives a 64x48 picture 20 times a second. Prints `ready` once it serves.
"""

import sys


def serve_rtsp(port, login):
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer
    Gst.init(None)
    server = GstRtspServer.RTSPServer(service=str(port), address="127.0.0.1")
    factory = GstRtspServer.RTSPMediaFactory(
        launch="( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! "
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 pt=96 )",
        shared=True)
    if login:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic("line", "secret"), token)
        server.set_auth(auth)
        factory.add_role_from_structure(
            Gst.Structure.new_from_string(
                "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"))
    server.get_mount_points().add_factory("/line", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


def serve_mjpeg(port):
    import http.server
    import time
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! jpegenc ! appsink name=sink")
    pipeline.set_state(Gst.State.PLAYING)
    buffer = pipeline.get_by_name("sink").emit("pull-sample").get_buffer()
    jpeg = buffer.extract_dup(0, buffer.get_size())

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path != "/line.mjpeg":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg))
                    self.wfile.write(jpeg + b"\r\n")
                    time.sleep(0.05)
            except OSError:
                pass

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "mjpeg":
        serve_mjpeg(port)
    else:
        serve_rtsp(port, kind == "rtsp-login")
