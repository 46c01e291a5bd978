"""Names of Chainer that tinylinks does not have, and what is nearest to them."""

from __future__ import annotations

#: What to do -> the names that it is for, of all modules of Chainer and of its classes.
INSTEAD = {
    # chainer.functions
    "use F.relu, F.leaky_relu, F.tanh or F.sigmoid": (
        "Maxout PReLU Swish crelu elu hard_sigmoid maxout prelu rrelu selu swish"
    ),
    "write F.clip(x, 0.0, z)": "clipped_relu relu6",
    "write x[...] with an index": (
        "as_strided diagonal flip fliplr flipud forget im2col permutate select_item separate "
        "split_axis scatter_add"
    ),
    "write x.reshape(...)": (
        "depth2space expand_dims flatten pad_sequence repeat space2depth squeeze tile"
    ),
    "write F.concat": "dstack hstack pad stack vstack",
    "write F.transpose(x, axes)": "moveaxis rollaxis swapaxes transpose_sequence",
    "write x + y, x * y and so on, which stretch shapes": "Bias Scale bias broadcast scale",
    "build it of F.exp, F.log and arithmetic": (
        "arctanh cosh expm1 gaussian log10 log1p log2 logsumexp rsqrt sinh softplus"
    ),
    "call NumPy on x.data": "argmax argmin ceil fix floor sign",
    "write a Function of your own": (
        "arccos arcsin arctan arctan2 batch_det batch_inv cholesky cumprod cumsum det digamma "
        "erf erfc erfcinv erfcx erfinv fft fmod ifft inv lgamma log_ndtr ndtr ndtri polygamma "
        "prod resize_images spatial_transformer_grid spatial_transformer_sampler tan zeta "
        "linear_interpolate"
    ),
    "write F.matmul": "Bilinear batch_matmul bilinear einsum sparse_matmul tensordot",
    "write F.mean_squared_error, or build it of arithmetic and F.mean": (
        "absolute_error contrastive cross_covariance "
        "discriminative_margin_based_clustering_loss hinge huber_loss mean_absolute_error "
        "squared_difference squared_error triplet batch_l2_norm_squared normalize"
    ),
    "write F.softmax_cross_entropy, or build it of F.log_softmax": (
        "BinaryHierarchicalSoftmax BlackOut CRF1d NegativeSampling argmax_crf1d black_out "
        "connectionist_temporal_classification crf1d gumbel_softmax negative_sampling "
        "sigmoid_cross_entropy"
    ),
    "write its density with F.exp, F.log and arithmetic": (
        "Distribution bernoulli_nll cross_entropy distribution distributions "
        "gaussian_kl_divergence gaussian_nll kl_divergence register_kl"
    ),
    "write F.accuracy, or NumPy on y.data": (
        "binary_accuracy classification_summary f1_score precision r2_score recall"
    ),
    "write x.data.astype(...) where a Variable is made": "cast",
    "leave it out, or write x + 0": "identity",
    "write F.mean(x, axis, weights=...)": "average",
    "write F.dropout": ("SimplifiedDropconnect StatefulZoneoutLSTM simplified_dropconnect zoneout"),
    "use batch normalization": (
        "BatchRenormalization DecorrelatedBatchNormalization GroupNormalization "
        "LayerNormalization batch_renormalization decorrelated_batch_normalization "
        "fixed_batch_renormalization fixed_decorrelated_batch_normalization group_normalization "
        "layer_normalization local_response_normalization SpectralNormalization "
        "WeightStandardization"
    ),
    "write F.convolution_2d or L.Convolution2D, with an axis of length 1 for one dimension": (
        "Convolution1D Convolution3D ConvolutionND DeformableConvolution2D "
        "DepthwiseConvolution2D DilatedConvolution2D LocalConvolution2D MLPConvolution2D "
        "convolution_1d convolution_3d convolution_nd deformable_convolution_2d_sampler "
        "depthwise_convolution_2d dilated_convolution_2d local_convolution_2d shift"
    ),
    "write F.deconvolution_2d or L.Deconvolution2D": (
        "Deconvolution1D Deconvolution3D DeconvolutionND decov deconvolution_1d "
        "deconvolution_3d deconvolution_nd unpooling_1d unpooling_2d unpooling_3d unpooling_nd "
        "upsampling_2d"
    ),
    "write F.max_pooling_2d or F.average_pooling_2d": (
        "average_pooling_1d average_pooling_3d average_pooling_nd max_pooling_1d max_pooling_3d "
        "max_pooling_nd roi_average_align_2d roi_average_pooling_2d roi_max_align_2d "
        "roi_max_pooling_2d roi_pooling_2d spatial_pyramid_pooling_2d"
    ),
    # chainer.links
    "compute the loss from model(x), as in F.softmax_cross_entropy(model(x), t)": "Classifier",
    "make a Parameter W, and pick its rows with W[ids]": "EmbedID embed_id",
    "build it of L.Linear, F.sigmoid and F.tanh in a Chain": (
        "ChildSumTreeLSTM GRU Highway LSTM NStepBiGRU NStepBiLSTM NStepBiRNNReLU NStepBiRNNTanh "
        "NStepGRU NStepLSTM NStepRNNReLU NStepRNNTanh NaryTreeLSTM StatefulGRU StatefulMGU "
        "StatefulPeepholeLSTM StatelessGRU StatelessLSTM StatelessMGU lstm n_step_bigru "
        "n_step_bilstm n_step_birnn n_step_gru n_step_lstm n_step_rnn slstm tree_lstm"
    ),
    "build it of L.Convolution2D in a Chain, and load the weights with load_npz": (
        "CaffeFunction GoogLeNet Inception InceptionBN ResNet101Layers ResNet152Layers "
        "ResNet50Layers ResNetLayers TheanoFunction VGG16Layers VGG19Layers caffe"
    ),
    # chainer.optimizers and optimizer_hooks
    "use SGD, MomentumSGD, RMSprop, Adam or AdamW": (
        "AMSBound AMSGrad AdaBound AdaDelta AdaGrad CorrectedMomentumSGD MSVAG NesterovAG "
        "RMSpropGraves SMORMS3"
    ),
    "derive from optimizers.Optimizer, and write update_core": (
        "GradientMethod Hyperparameter HyperparameterProxy UpdateRule create_update_rule "
        "update_rule"
    ),
    "use optimizer_hooks.GradientClipping or WeightDecay, or write a hook of your own": (
        "GradientHardClipping GradientLARS GradientNoise Lasso"
    ),
    "leave it out, since gradients are always cleared": ("reallocate_cleared_grads use_cleargrads"),
    "call new_epoch() at the end of each loop over MiniBatches": "use_auto_new_epoch",
    "leave it out, since update() calls the hooks": "call_hook call_hooks",
    "look at p.grad of the parameters, or use debug mode": ("check_nan_in_grads is_safe_to_update"),
    "multiply the loss and divide the gradients yourself": (
        "loss_scaling set_loss_scale update_loss_scale use_fp32_update"
    ),
    "leave it out, since this variant is not here": "adabound alpha_t amsgrad final_lr gamma",
    "extend forward in a class of your own": "add_hook",
    # chainer.initializers
    "use initializers.HeNormal, GlorotUniform or LeCunNormal": (
        "GlorotNormal HeUniform LeCunUniform"
    ),
    "give the array itself as first value, such as np.eye(n)": (
        "DownsamplingConvFilter Identity NaN Orthogonal UpsamplingDeconvFilter"
    ),
    "write any function that fills the array it is called with": "Initializer initializer",
    # chainer.serializers
    "use save_npz and load_npz": (
        "HDF5Deserializer HDF5Serializer load_hdf5 save_hdf5 PickleDataset PickleDatasetWriter "
        "open_pickle_dataset open_pickle_dataset_writer snapshot snapshot_object"
    ),
    "use DictionarySerializer or NpzDeserializer": "AbstractSerializer Deserializer Serializer",
    # chainer.datasets, dataset and iterators
    "use datasets.get_digits, or load the arrays yourself": (
        "ImageDataset LabeledImageDataset LabeledZippedImageDataset MultiZippedImageDataset "
        "TextDataset ZippedImageDataset cache_or_load_file cached_download get_cifar10 "
        "get_cifar100 get_dataset_directory get_dataset_root get_fashion_mnist "
        "get_fashion_mnist_labels get_kuzushiji_mnist get_kuzushiji_mnist_labels get_mnist "
        "get_ptb_words get_ptb_words_vocabulary get_svhn set_dataset_root"
    ),
    "use datasets.split": (
        "SubDataset get_cross_validation_datasets get_cross_validation_datasets_random "
        "split_dataset split_dataset_n split_dataset_n_random split_dataset_random"
    ),
    "use arrays, and datasets.MiniBatches of them": (
        "ConcatWithAsyncTransfer ConcatenatedDataset Converter DaliIterator DatasetMixin "
        "DictDataset Iterator MultiprocessIterator MultithreadIterator OrderSampler "
        "SerialIterator ShuffleOrderSampler TabularDataset TransformDataset TupleDataset "
        "concat_examples converter dataset iterators"
    ),
    # chainer.training and reporter
    "write the loop over datasets.MiniBatches, with optimizer.update": (
        "Evaluator Extension IntervalTrigger ParallelUpdater StandardUpdater Trainer Updater "
        "extension extensions get_trigger make_extension training updaters triggers"
    ),
    "print in your own loop, or keep numbers in a list": (
        "DictSummary LogReport MicroAverage ParameterStatistics PlotReport PrintReport "
        "ProgressBar Reporter Summary VariableStatisticsPlot get_current_reporter observe_lr "
        "observe_value report report_scope reporter"
    ),
    "assign optimizer.lr, or alpha of Adam, in your own loop": (
        "ExponentialShift InverseShift LinearShift MultistepShift PolynomialShift StepShift "
        "WarmupShift"
    ),
    'use using_config("debug", True)': (
        "DebugMode FailOnNonNumber debug_print is_debug set_debug CUDAProfileHook "
        "CupyMemoryProfileHook PrintHook TimerHook FunctionHook LinkHook function_hook "
        "function_hooks get_function_hooks link_hook link_hooks debug_mode"
    ),
    "use tinylinks.draw or to_dot": (
        "DumpGraph dump_graph build_computational_graph computational_graph summary exporters"
    ),
    # chainer.backends, backend and devices
    "use to_gpu() and to_cpu(), since the type of the array decides": (
        "ChainerxDevice CpuDevice Device DeviceResident GpuDevice Intel64Device backends "
        "chainerx chx_array chx copy copyto cuda device device_resident device_resident_accept "
        "from_chx get_device get_device_from_array get_device_from_id intel64 to_chx to_device "
        "to_intel64 to_gpus using_device"
    ),
    "use CuPy itself": (
        "DummyDeviceType Event Stream check_cuda_available clear_memo cupy elementwise fuse "
        "get_cudnn_dropout_states get_cudnn_dropout_states_core get_max_workspace_size memoize "
        "ndarray raw reduce set_max_workspace_size should_use_cudnn "
        "should_use_cudnn_tensor_core"
    ),
    # chainer itself
    "derive from Function, whose apply takes Variables one by one": "FunctionAdapter FunctionNode",
    "write y.backward()": "backward",
    'use using_config("enable_backprop", True)': "force_backprop_mode",
    "use x.data": "as_array raw_array",
    "use config": "GlobalConfig LocalConfig configuration global_config",
    "leave it out, since there is no such choice here": (
        "autotune cudnn_deterministic cudnn_fast_batch_normalization compute_mode "
        "in_recomputing keep_graph_on_report lazy_grad_sum schedule_func show type_check "
        "use_cudnn use_cudnn_tensor_core use_ideep use_static_graph warn_nondeterministic "
        "static_graph layout as_layout label retain_data print_runtime_info get_dtype mixed16 "
        "utils testing experimental CooMatrix WalkerAlias to_coo get_conv_outsize "
        "get_deconv_outsize unchain_variables local_link_hooks delete_hook printable_specs "
        "memory_layouts warnings types basic_math function_node graph_optimizations sequential "
        "serializer static_code get_compute_mode get_array_types get_cpu_array_types "
        "is_arrays_compatible"
    ),
    "give arrays of that dtype": "dtype",
    "use backend.get_array_module(x)": "xp",
    "use numpy.testing, at points where there is no kink": "NondifferentiableError assert_allclose",
    "write np.array(...)": "array",
    # attributes of Variable, Link and Sequential
    "assign a Parameter inside init_scope": "add_param from_params",
    "write p.grad = ..., or addgrads of the link": "addgrad",
    "write x.data[...] = y.data, or copyparams of the link": "copydata",
    "look at x.creator": "creator_node set_creator set_creator_node",
    "use cleargrad()": "zerograd",
    "call update() of the optimizer": "update",
    "write a loop over the list": "count_by_layer_type remove_by_layer_type",
}

CHAINER = {name: do for do, names in INSTEAD.items() for name in names.split()}


def of_chainer(name: str) -> str:
    """Say what to write for a name that Chainer has and tinylinks does not, if it is one."""
    do = CHAINER.get(name)
    return f"Chainer has it, tinylinks does not. {do[0].upper()}{do[1:]}." if do else ""
