/* Plays Phidget22, the library of stepper controllers: the same functions, over a motor that exists
 * only in time. */
#include "phidget.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

enum { OK = 0, TIMEOUT = 0x03, INVALID_ARGUMENT = 0x0d, NOT_ATTACHED = 0x34 };

/* The test looks at it. NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables) */
struct phidget_peer peer = {.plugged = 1, .position = 1234};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void move(void) {
  const double time = now(), way = peer.target - peer.position;
  const double most = peer.engaged ? peer.velocity * (time - peer.then) : 0;
  peer.position = fabs(way) <= most ? peer.target : peer.position + copysign(most, way);
  peer.then = time;
}

static int enter(const char* function) {
  if (peer.failing && strcmp(peer.failing, function) == 0) return peer.code;
  if (!peer.plugged || !peer.opened) return NOT_ATTACHED;
  move();
  return OK;
}

static int enter_closed(const char* function) {
  return peer.failing && strcmp(peer.failing, function) == 0 ? peer.code : OK;
}

int PhidgetStepper_create(void** channel) {
  const int code = enter_closed("create");
  if (code == OK) *channel = &peer;
  return code;
}

int PhidgetStepper_delete(void** channel) {
  *channel = NULL;
  return OK;
}

int Phidget_setDeviceSerialNumber(void* channel, int32_t number) {
  (void)channel;
  peer.serial_number = number;
  return OK;
}

int Phidget_setHubPort(void* channel, int port) {
  (void)channel;
  peer.hub_port = port;
  return OK;
}

int Phidget_setChannel(void* channel, int number) {
  (void)channel;
  peer.channel = number;
  return OK;
}

int Phidget_openWaitForAttachment(void* channel, uint32_t milliseconds) {
  (void)channel;
  peer.waited = milliseconds;
  if (!peer.plugged) return TIMEOUT;
  peer.opened = 1;
  peer.target = peer.position;
  peer.then = now();
  return OK;
}

int Phidget_close(void* channel) {
  (void)channel;
  peer.opened = 0;
  return OK;
}

int Phidget_getErrorDescription(int code, const char** text) {
  *text = code == TIMEOUT            ? "Timed Out"
          : code == NOT_ATTACHED     ? "Device not Attached"
          : code == INVALID_ARGUMENT ? "Invalid Argument"
                                     : NULL;
  return *text ? OK : INVALID_ARGUMENT;
}

int PhidgetStepper_setControlMode(void* channel, int mode) {
  (void)channel;
  const int code = enter("setControlMode");
  if (code == OK) peer.mode = mode, peer.velocity = 0;
  return code;
}

static int set(const char* function, double* field, double value) {
  const int code = enter(function);
  if (code == OK) *field = value;
  return code;
}

int PhidgetStepper_setRescaleFactor(void* channel, double factor) {
  (void)channel;
  return set("setRescaleFactor", &peer.rescale_factor, factor);
}

int PhidgetStepper_setVelocityLimit(void* channel, double velocity) {
  (void)channel;
  return set("setVelocityLimit", &peer.velocity, velocity);
}

int PhidgetStepper_setAcceleration(void* channel, double acceleration) {
  (void)channel;
  return set("setAcceleration", &peer.acceleration, acceleration);
}

int PhidgetStepper_setCurrentLimit(void* channel, double amperes) {
  (void)channel;
  return set("setCurrentLimit", &peer.current_limit, amperes);
}

int PhidgetStepper_setEngaged(void* channel, int engaged) {
  (void)channel;
  const int code = enter("setEngaged");
  if (code == OK) peer.engaged = engaged;
  return code;
}

int PhidgetStepper_setTargetPosition(void* channel, double target) {
  (void)channel;
  peer.told = now();
  return set("setTargetPosition", &peer.target, target);
}

int PhidgetStepper_addPositionOffset(void* channel, double offset) {
  (void)channel;
  const int code = enter("addPositionOffset");
  if (code == OK) peer.position += offset, peer.target += offset;
  return code;
}

int PhidgetStepper_getPosition(void* channel, double* position) {
  (void)channel;
  const int code = enter("getPosition");
  if (code == OK) *position = peer.position;
  return code;
}

/* Told late, as by a controller at the end of a cable. */
int PhidgetStepper_getIsMoving(void* channel, int* moves) {
  (void)channel;
  const int code = enter("getIsMoving");
  if (code == OK)
    *moves = peer.position != peer.target && peer.velocity > 0 && now() - peer.told > 0.005;
  return code;
}
