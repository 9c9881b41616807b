#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs `body` on a thread with room for deep recursion, and waits for it.
///
/// Threads of a server may have half a megabyte of stack; templates may nest. The stack is address space:
/// only what is used becomes memory.
///
/// - Complexity: some tens of microseconds beside `body`.
func onDeepStack<Result>(
    _ body: () throws(TemplateError) -> Result
) throws(TemplateError) -> Result {
    var outcome: Swift.Result<Result, TemplateError>?
    let status = withoutActuallyEscaping(body) { body in
        onThread {
            do throws(TemplateError) {
                outcome = .success(try body())
            } catch {
                outcome = .failure(error)
            }
        }
    }
    guard status == 0, let outcome else { throw .limit("no thread could be started for it") }
    return try outcome.get()
}

/// What a thread does.
private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
}

/// Runs `body` on a new thread until it ends; an error number where there is none to be had.
private func onThread(_ body: @escaping () -> Void) -> Int32 {
    let work = Work(body)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, TemplateLimits.stack)
    #if canImport(Darwin)
        var thread: pthread_t?
    #else
        var thread = pthread_t()
    #endif
    let status = withExtendedLifetime(work) {
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                #if canImport(Darwin)
                    Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().body()
                #else
                    if let argument {
                        Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().body()
                    }
                #endif
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        guard status == 0 else { return status }
        #if canImport(Darwin)
            if let thread { pthread_join(thread, nil) }
        #else
            pthread_join(thread, nil)
        #endif
        return 0
    }
    return status
}
