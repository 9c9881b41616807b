import NIOCore
import NIOPosix

/// Something that happens after a time, unless it is called off.
///
/// `Task.sleep` would keep the memory of every sleep that was cancelled until its time had come.
struct Deadline: Sendable {
    private let scheduled: Scheduled<Void>

    init(in time: Duration, _ action: @escaping @Sendable () -> Void) {
        scheduled = MultiThreadedEventLoopGroup.singleton.any()
            .scheduleTask(in: TimeAmount(time), action)
    }

    func callOff() { scheduled.cancel() }
}
