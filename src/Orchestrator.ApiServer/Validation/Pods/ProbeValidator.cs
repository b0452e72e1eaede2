using Orchestrator.Api;
using Orchestrator.Api.Core.V1;

namespace Orchestrator.ApiServer.Validation.Pods;

/// <summary>Probes and lifecycle handlers of containers.</summary>
internal static class ProbeValidator
{
    public static void Liveness(Probe? probe, FieldPath container, string field, FieldErrorList errors)
    {
        if (probe is null)
        {
            return;
        }

        var path = container.Child(field);
        Common(probe, path, errors);
        if (probe.SuccessThreshold != 1)
        {
            errors.Invalid(path, "successThreshold", probe.SuccessThreshold, "must be 1");
        }
    }

    public static void Readiness(Probe? probe, FieldPath container, FieldErrorList errors)
    {
        if (probe is null)
        {
            return;
        }

        var path = container.Child("readinessProbe");
        Common(probe, path, errors);
        if (probe.TerminationGracePeriodSeconds is { } seconds)
        {
            errors.Invalid(path, "terminationGracePeriodSeconds", seconds, "must not be set for readinessProbes");
        }
    }

    public static void Lifecycle(Lifecycle? lifecycle, PodSpecContext pod, FieldPath container, FieldErrorList errors)
    {
        if (lifecycle is null)
        {
            return;
        }

        var path = container.Child("lifecycle");
        Handler(lifecycle.PostStart, pod, path.Child("postStart"), errors);
        Handler(lifecycle.PreStop, pod, path.Child("preStop"), errors);
    }

    public static void Port(IntOrString port, FieldPath path, string field, FieldErrorList errors)
    {
        if (port.IsText)
        {
            errors.InvalidEach(path, field, port.Text, Formats.PortName(port.Text!));
        }
        else
        {
            errors.InvalidEach(path, field, port.Int, Formats.PortNumber(port.Int));
        }
    }

    private static void Common(Probe probe, FieldPath path, FieldErrorList errors)
    {
        var count = 0;
        Exec(probe.Exec, path, errors, ref count);
        Http(probe.HttpGet, path, errors, ref count);
        Tcp(probe.TcpSocket, path, errors, ref count);
        if (probe.Grpc is { } grpc && IsOnly(path, "grpc", errors, ref count))
        {
            errors.InvalidEach(path.Child("grpc"), "port", grpc.Port, Formats.PortNumber(grpc.Port));
        }

        if (count == 0)
        {
            errors.Required(path, "must specify a handler type");
        }

        errors.NonNegative(path, "initialDelaySeconds", probe.InitialDelaySeconds);
        errors.NonNegative(path, "timeoutSeconds", probe.TimeoutSeconds);
        errors.NonNegative(path, "periodSeconds", probe.PeriodSeconds);
        errors.NonNegative(path, "successThreshold", probe.SuccessThreshold);
        errors.NonNegative(path, "failureThreshold", probe.FailureThreshold);
        if (probe.TerminationGracePeriodSeconds <= 0)
        {
            errors.Invalid(path, "terminationGracePeriodSeconds", probe.TerminationGracePeriodSeconds, "must be greater than 0");
        }
    }

    private static void Handler(LifecycleHandler? handler, PodSpecContext pod, FieldPath path, FieldErrorList errors)
    {
        if (handler is null)
        {
            return;
        }

        var count = 0;
        Exec(handler.Exec, path, errors, ref count);
        Http(handler.HttpGet, path, errors, ref count);
        Tcp(handler.TcpSocket, path, errors, ref count);
        if (handler.Sleep is { } sleep && IsOnly(path, "sleep", errors, ref count))
        {
            var grace = pod.Spec.TerminationGracePeriodSeconds;
            if (sleep.Seconds < 0 || (grace is not null && sleep.Seconds > grace))
            {
                errors.Invalid(path, "sleep", sleep.Seconds, $"must be non-negative and less than terminationGracePeriodSeconds ({grace})");
            }
        }

        if (count == 0)
        {
            errors.Required(path, "must specify a handler type");
        }
    }

    private static bool IsOnly(FieldPath path, string field, FieldErrorList errors, ref int count)
    {
        if (count++ == 0)
        {
            return true;
        }

        errors.Forbidden(path, field, "may not specify more than 1 handler type");
        return false;
    }

    private static void Exec(ExecAction? exec, FieldPath path, FieldErrorList errors, ref int count)
    {
        if (exec is not null && IsOnly(path, "exec", errors, ref count) && exec.Command.Count == 0)
        {
            errors.Missing(path.Child("exec"), "command");
        }
    }

    private static void Tcp(TCPSocketAction? tcp, FieldPath path, FieldErrorList errors, ref int count)
    {
        if (tcp is not null && IsOnly(path, "tcpSocket", errors, ref count))
        {
            Port(tcp.Port, path.Child("tcpSocket"), "port", errors);
        }
    }

    private static void Http(HTTPGetAction? http, FieldPath parent, FieldErrorList errors, ref int count)
    {
        if (http is null || !IsOnly(parent, "httpGet", errors, ref count))
        {
            return;
        }

        var path = parent.Child("httpGet");
        if (http.Path.Length == 0)
        {
            errors.Missing(path, "path");
        }

        Port(http.Port, path, "port", errors);
        errors.OneOf(path, "scheme", http.Scheme, "HTTP", "HTTPS");
        foreach (var header in http.HttpHeaders)
        {
            errors.InvalidEach(path, "httpHeaders", header.Name, Formats.HttpHeader(header.Name));
        }
    }
}
