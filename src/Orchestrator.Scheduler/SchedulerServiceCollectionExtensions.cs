using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Client;

namespace Orchestrator.Scheduler;

/// <summary>Wiring.</summary>
public static class SchedulerServiceCollectionExtensions
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Runs the scheduler in this host, on the registered <see cref="IClusterClient"/>. A <see cref="TimeProvider"/>, a
        /// <see cref="Random"/> and a <c>Func&lt;IClusterClient, IInformerFactory&gt;</c> may be registered before.
        /// </summary>
        public IServiceCollection AddScheduler(SchedulerOptions options)
        {
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton(options);
            services.TryAddSingleton<Func<IClusterClient, IInformerFactory>>(static provider => client => new InformerFactory(
                client,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetService<Random>() ?? new Random(),
                provider.GetRequiredService<ILoggerFactory>()));
            services.AddSingleton<IHostedService>(static provider => new SchedulerService(
                provider.GetRequiredService<IClusterClient>(),
                provider.GetRequiredService<Func<IClusterClient, IInformerFactory>>(),
                provider.GetRequiredService<SchedulerOptions>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetService<Random>() ?? new Random(),
                provider.GetRequiredService<ILoggerFactory>()));
            return services;
        }
    }
}
