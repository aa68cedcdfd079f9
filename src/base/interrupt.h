// Ctrl-C and SIGTERM as a wish to stop, for programs that tidy up before they end.
#pragma once

namespace turnstone {

// From now on the first SIGINT, SIGTERM or SIGHUP is a wish that interrupted() tells; the second
// ends the program at once. A signal that is ignored, as under nohup, stays so.
void watch_interrupts();

// Whether the user wants the program to stop. Any thread.
bool interrupted();

}  // namespace turnstone
